//! Binary files in git's patch format: the whole new content and, for the way back, the whole old
//! one, deflated and in base 85 (`Documentation/diff-format`, `base85.c` and `diff.c` of git).

use std::io::Write;

use flate2::{Compression, write::ZlibEncoder};
use sha1::{Digest, Sha1};

/// git's digits of base 85.
const DIGITS: &[u8; 85] =
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
/// Bytes that a line stands for at most.
const LINE: usize = 52;

/// Prints both sides; `mode` for the `index` line if it is the same on both. `None` is no file.
///
/// `git apply` wants to know the whole ids of the blobs: they are SHA-1, so that a repository with
/// SHA-256 takes only the patches of new files.
pub(super) fn print(old: Option<&[u8]>, new: Option<&[u8]>, mode: Option<&str>, out: &mut Vec<u8>) {
    let mode = mode.map_or(String::new(), |mode| format!(" {mode}"));
    let head = format!("index {}..{}{mode}\nGIT binary patch\n", id(old), id(new));
    out.extend_from_slice(head.as_bytes());
    for side in [new, old] {
        literal(side.unwrap_or_default(), out);
    }
}

/// The id of a blob with these bytes; zeros for no file.
fn id(bytes: Option<&[u8]>) -> String {
    let Some(bytes) = bytes else { return "0".repeat(40) };
    let mut hash = Sha1::new();
    hash.update(format!("blob {}\0", bytes.len()));
    hash.update(bytes);
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn literal(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(format!("literal {}\n", bytes.len()).as_bytes());
    for line in deflated(bytes).chunks(LINE) {
        // A letter for the length: A to Z for 1 to 26, a to z for 27 to 52.
        let length = line.len() as u8;
        out.push(if length <= 26 { b'A' + length - 1 } else { b'a' + length - 27 });
        for group in line.chunks(4) {
            let mut word = [0; 4];
            word[..group.len()].copy_from_slice(group);
            let mut rest = u32::from_be_bytes(word);
            let mut digits = [0; 5];
            for digit in digits.iter_mut().rev() {
                *digit = DIGITS[(rest % 85) as usize];
                rest /= 85;
            }
            out.extend_from_slice(&digits);
        }
        out.push(b'\n');
    }
    out.push(b'\n');
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    // Writing to memory does not fail.
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.unwrap_or_default()
}
