//! Messages over a pipe: `Content-Length`, an empty line, JSON.

use std::io::{self, BufRead, Read};

/// A longer message is no language server's.
const MAX_BODY: usize = 64 << 20;
/// All header lines of one message.
const MAX_HEADER: u64 = 4 << 10;

/// The message with its header.
pub(super) fn encode(body: &[u8]) -> Vec<u8> {
    let mut frame = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    frame.extend_from_slice(body);
    frame
}

/// Reads one message; none at the end of the stream.
///
/// # Errors
/// If the header is none, the message is too long, or the stream ends within it.
pub(super) fn read(reader: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut header = reader.by_ref().take(MAX_HEADER);
    let (mut length, mut line) = (None, Vec::new());
    loop {
        line.clear();
        header.read_until(b'\n', &mut line)?;
        if line.is_empty() && length.is_none() && header.limit() == MAX_HEADER {
            return Ok(None);
        }
        let Some(text) = line.strip_suffix(b"\n") else {
            return Err(bad("its header does not end"));
        };
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if text.is_empty() {
            break;
        }
        let text = std::str::from_utf8(text).map_err(|_| bad("its header is not text"))?;
        let Some((name, value)) = text.split_once(':') else {
            return Err(bad("its output is not the language server protocol"));
        };
        if name.eq_ignore_ascii_case("content-length") {
            let value = value.trim().parse::<usize>().map_err(|_| bad("a length is no number"))?;
            length = Some(value);
        }
    }
    let length = length.ok_or_else(|| bad("a message has no length"))?;
    if length > MAX_BODY {
        return Err(bad("a message is longer than 64 MiB"));
    }
    // Grows as bytes come in: a length alone takes no memory.
    let mut body = Vec::new();
    reader.by_ref().take(length as u64).read_to_end(&mut body)?;
    if body.len() < length {
        return Err(bad("its output ends within a message"));
    }
    Ok(Some(body))
}

fn bad(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::{encode, read};

    #[test]
    fn what_is_written_is_read() {
        let stream = [encode(b"{}"), encode("\"é\"".as_bytes())].concat();
        let mut reader = &stream[..];
        assert_eq!(read(&mut reader).expect("a message"), Some(b"{}".to_vec()));
        assert_eq!(read(&mut reader).expect("a message"), Some("\"é\"".as_bytes().to_vec()));
        assert_eq!(read(&mut reader).expect("the end"), None);
    }

    #[test]
    fn what_is_no_message_is_refused() {
        for stream in [
            "hello\r\n\r\n",
            "Content-Length: x\r\n\r\n",
            "Content-Type: y\r\n\r\n{}",
            "Content-Length: 99999999999\r\n\r\n",
            "Content-Length: 5\r\n\r\n{}",
            "Content-Length: 5",
        ] {
            assert!(read(&mut stream.as_bytes()).is_err(), "{stream:?}");
        }
        let long = "x".repeat(1 << 20);
        assert!(read(&mut long.as_bytes()).is_err());
    }
}
