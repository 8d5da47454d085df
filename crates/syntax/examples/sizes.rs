use coderoom_syntax::*;
fn main() {
    let mut n = [0usize; 6];
    let mut src = 0usize;
    let mut parts = [0usize; 8];
    fn walk(d: &std::path::Path, f: &mut dyn FnMut(&std::path::Path)) {
        for e in std::fs::read_dir(d).unwrap().flatten() {
            let p = e.path();
            if p.is_dir() { walk(&p, f) } else { f(&p) }
        }
    }
    walk(std::path::Path::new(&std::env::args().nth(1).unwrap()), &mut |p| {
        if p.extension().is_some_and(|x| x == "py") {
            let b = std::fs::read(p).unwrap();
            src += b.len();
            let f = extract(Language::Python, &b, &Budget::default());
            let w = |v: &Vec<u8>| v.len();
            parts[0] += w(&postcard::to_allocvec(&f.names).unwrap());
            parts[1] += w(&postcard::to_allocvec(&f.symbols).unwrap());
            parts[2] += w(&postcard::to_allocvec(&f.scopes).unwrap());
            parts[3] += w(&postcard::to_allocvec(&f.occurrences).unwrap());
            parts[4] += w(&postcard::to_allocvec(&f.exprs).unwrap());
            parts[5] += w(&postcard::to_allocvec(&f.calls).unwrap());
            parts[6] += f.exprs.len();
            parts[7] += f.symbols.len();
            let raw = postcard::to_allocvec(&f).unwrap();
            n[0] += raw.len();
            n[1] += Packed::new(f).as_bytes().len();
        }
    });
    println!(
        "src {src} raw {} packed {} names {} symbols {} scopes {} occ {} exprs {} calls {} nexprs {} nsyms {}",
        n[0], n[1], parts[0], parts[1], parts[2], parts[3], parts[4], parts[5], parts[6], parts[7]
    );
}
