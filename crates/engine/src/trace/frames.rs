//! Stack traces as programs print them: Python, Rust, Go, JavaScript and TypeScript, Java.

/// Bytes of a trace that are read.
const MAX_TRACE: usize = 1 << 20;
/// Frames that are kept: of a deeper recursion, the innermost.
const MAX_FRAMES: usize = 500;

/// Whose way of printing it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TraceLanguage {
    /// `File "a.py", line 3, in f`, the innermost last.
    Python,
    /// `4: a::f` with `at src/a.rs:3:5` below, or `panicked at src/a.rs:3:5`.
    Rust,
    /// `main.f(...)` with `/a.go:3 +0x1d` below.
    Go,
    /// `at f (/a.js:3:5)`.
    JavaScript,
    /// `at a.B.f(B.java:3)`.
    Java,
}

/// One frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    /// Whose it is.
    pub language: TraceLanguage,
    /// The file as the trace names it; of Java, its package as directories and its name.
    pub path: String,
    /// From 1.
    pub line: u32,
    /// The function as the trace names it; empty if it does not.
    pub function: String,
}

/// A trace.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Trace {
    /// The innermost first. Of chained errors, those of the first cause come first.
    pub frames: Vec<Frame>,
    /// What was printed of the error itself.
    pub message: String,
}

/// Reads whatever of a text is a stack trace. Any text will do.
pub fn read_trace(text: &str) -> Trace {
    let end = text.floor_char_boundary(MAX_TRACE);
    let mut reader = Reader::default();
    for line in text[..end].lines() {
        reader.line(line);
    }
    reader.finish()
}

#[derive(Default)]
struct Reader {
    /// Groups of frames: one for each error of a chain, as printed.
    groups: Vec<Vec<Frame>>,
    messages: Vec<String>,
    /// A function whose place is on the next line.
    pending: Option<(TraceLanguage, String)>,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let trimmed = line.trim();
        if trimmed.is_empty() {
            return;
        }
        if self.begins_group(trimmed) {
            return;
        }
        if let Some(frame) =
            python(trimmed).or_else(|| java(trimmed)).or_else(|| javascript(trimmed))
        {
            return self.push(frame);
        }
        if let Some((language, function)) = self.pending.take()
            && let Some(frame) = below(trimmed, language, &function)
        {
            return self.push(frame);
        }
        if let Some(function) = rust_function(trimmed) {
            self.pending = Some((TraceLanguage::Rust, function));
        } else if let Some(function) = go_function(line) {
            self.pending = Some((TraceLanguage::Go, function));
        } else {
            self.message(line, trimmed);
        }
    }

    /// Lines at which another error, or another thread, begins.
    fn begins_group(&mut self, line: &str) -> bool {
        if let Some(at) = line.find("panicked at ") {
            self.groups.push(Vec::new());
            let place = line[at + 12..].trim_end_matches(':');
            // Before Rust 1.73 the message stood before the place.
            let place = place.rsplit_once("', ").map_or(place, |(message, place)| {
                self.messages.push(message.trim_start_matches('\'').to_owned());
                place
            });
            if let Some((path, line)) = place_of(place) {
                self.push(Frame {
                    language: TraceLanguage::Rust,
                    path,
                    line,
                    function: String::new(),
                });
            }
            return true;
        }
        let cause = line.strip_prefix("Caused by:");
        if cause.is_some() || line.starts_with("Traceback (most recent call last)") {
            self.groups.push(Vec::new());
            self.messages.extend(cause.map(|it| it.trim().to_owned()));
            return true;
        }
        // Only the first goroutine is the one that panicked.
        line.starts_with("goroutine ") && {
            self.groups.push(Vec::new());
            true
        }
    }

    fn push(&mut self, frame: Frame) {
        if self.groups.is_empty() {
            self.groups.push(Vec::new());
        }
        if let Some(group) = self.groups.last_mut() {
            group.push(frame);
        }
    }

    fn message(&mut self, line: &str, trimmed: &str) {
        let plain = !line.starts_with([' ', '\t']);
        let chained =
            trimmed.starts_with("During handling of") || trimmed.starts_with("The above exc");
        let noise = trimmed.starts_with("stack backtrace") || trimmed.starts_with("note: ");
        if plain && !chained && !noise && self.messages.len() < 20 {
            self.messages.push(trimmed.to_owned());
        }
    }

    fn finish(self) -> Trace {
        let mut groups: Vec<Vec<Frame>> =
            self.groups.into_iter().filter(|it| !it.is_empty()).collect();
        for group in &mut groups {
            // Python prints the innermost last; of the others, it is the first.
            if group[0].language == TraceLanguage::Python {
                group.reverse();
            }
        }
        // The first cause: Python prints it first, Java last. Of goroutines, the first has panicked.
        if groups.first().is_some_and(|it| it[0].language == TraceLanguage::Java) {
            groups.reverse();
        }
        let mut frames: Vec<Frame> = groups.into_iter().flatten().collect();
        frames.truncate(MAX_FRAMES);
        Trace { frames, message: self.messages.join("\n") }
    }
}

/// `File "a.py", line 3, in f`.
fn python(line: &str) -> Option<Frame> {
    let rest = line.strip_prefix("File \"")?;
    let (path, rest) = rest.split_once("\", line ")?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    let function = rest.split_once(", in ").map_or("", |(_, function)| function.trim());
    let function = if function == "<module>" { "" } else { function };
    Some(Frame {
        language: TraceLanguage::Python,
        path: path.to_owned(),
        line: digits.parse().ok()?,
        function: function.to_owned(),
    })
}

/// `at a.b.C$D.f(C.java:3)`, perhaps with `module/` or `~[jar]` around it.
fn java(line: &str) -> Option<Frame> {
    let rest = line.strip_prefix("at ")?;
    let (name, rest) = rest.split_once('(')?;
    let (place, _) = rest.split_once(')')?;
    let (file, number) = place.rsplit_once(':')?;
    let extension = file.rsplit_once('.')?.1;
    if file.contains('/') || !matches!(extension, "java" | "kt" | "scala" | "groovy") {
        return None;
    }
    let name = name.rsplit('/').next()?;
    let (class, function) = name.rsplit_once('.')?;
    let package = class.rsplit_once('.').map_or("", |(package, _)| package).replace('.', "/");
    let path = if package.is_empty() { file.to_owned() } else { format!("{package}/{file}") };
    Some(Frame {
        language: TraceLanguage::Java,
        path,
        line: number.parse().ok()?,
        function: function.to_owned(),
    })
}

/// `at f (/a.js:3:5)`, `at /a.js:3:5`, `at async C.f (file:///a.js:3:5)`; Firefox's `f@/a.js:3:5`.
fn javascript(line: &str) -> Option<Frame> {
    let (function, place) = match line.strip_prefix("at ") {
        Some(rest) => match rest.strip_suffix(')').and_then(|rest| rest.rsplit_once('(')) {
            Some((function, place)) => (function.trim(), place),
            None => ("", rest),
        },
        None => line.split_once('@').filter(|(function, _)| !function.contains(' '))?,
    };
    let place = place.strip_prefix("async ").unwrap_or(place);
    let (path, line) = place_of(place.strip_prefix("file://").unwrap_or(place))?;
    let extension = path.rsplit_once('.')?.1;
    if !matches!(extension, "js" | "mjs" | "cjs" | "jsx" | "ts" | "tsx" | "mts" | "cts" | "vue") {
        return None;
    }
    let function = function.trim_start_matches("async ").trim_start_matches("new ");
    let function = function.split(" [as ").next().unwrap_or_default();
    let function = if function == "<anonymous>" { "" } else { function };
    Some(Frame { language: TraceLanguage::JavaScript, path, line, function: function.to_owned() })
}

/// The place under a function's name.
fn below(line: &str, language: TraceLanguage, function: &str) -> Option<Frame> {
    let place = match language {
        TraceLanguage::Rust => line.strip_prefix("at ")?,
        _ => line.split_whitespace().next()?,
    };
    let (path, line) = place_of(place)?;
    Some(Frame { language, path, line, function: function.to_owned() })
}

/// `4: a::b::f`, perhaps with an address and a hash.
fn rust_function(line: &str) -> Option<String> {
    let (number, rest) = line.split_once(':')?;
    number.trim().parse::<u32>().ok()?;
    let rest = rest.trim();
    let rest = match rest.strip_prefix("0x") {
        Some(address) => address.split_once(" - ")?.1,
        None => rest,
    };
    let plain = rest
        .rsplit_once("::h")
        .filter(|(_, hash)| hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()));
    Some(plain.map_or(rest, |(plain, _)| plain).to_owned()).filter(|it| !it.is_empty())
}

/// `main.(*T).f(0xc000010000, 0x1)`, `created by main.f in goroutine 1`.
fn go_function(line: &str) -> Option<String> {
    if line.starts_with([' ', '\t']) {
        return None;
    }
    if let Some(rest) = line.strip_prefix("created by ") {
        return Some(rest.split(" in goroutine").next()?.to_owned());
    }
    let name = line.strip_suffix(')')?;
    // The arguments are in the last parentheses, the receiver may be in others.
    let (name, _) = name.rsplit_once('(')?;
    let good = name.contains('.') && !name.contains(' ');
    good.then(|| name.to_owned())
}

/// `path:line` or `path:line:column`.
fn place_of(place: &str) -> Option<(String, u32)> {
    let (rest, last) = place.trim().rsplit_once(':')?;
    let last: u32 = last.parse().ok()?;
    match rest.rsplit_once(':').map(|(path, line)| (path, line.parse())) {
        Some((path, Ok(line))) if !path.is_empty() => Some((path.to_owned(), line)),
        _ if !rest.is_empty() => Some((rest.to_owned(), last)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(text: &str) -> (Vec<String>, String) {
        let trace = read_trace(text);
        let frames =
            trace.frames.iter().map(|it| format!("{}:{} {}", it.path, it.line, it.function));
        (frames.collect(), trace.message)
    }

    /// Python prints the innermost last; the cause of an error stands before it.
    #[test]
    fn python_traces() {
        let text = r#"Traceback (most recent call last):
  File "/app/a.py", line 3, in load
    return int(x)
           ^^^^^^
ValueError: invalid literal

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/app/main.py", line 9, in <module>
    main()
  File "/app/main.py", line 5, in main
    load()
RuntimeError: no
"#;
        let (frames, message) = short(text);
        assert_eq!(frames, ["/app/a.py:3 load", "/app/main.py:5 main", "/app/main.py:9 "]);
        assert_eq!(message, "ValueError: invalid literal\nRuntimeError: no");
    }

    /// A panic names its place by itself; a backtrace names each function above its place.
    #[test]
    fn rust_traces() {
        let text = "thread 'main' panicked at src/a.rs:3:5:\nindex out of bounds\nstack backtrace:\n   \
                    0: rust_begin_unwind\n             at /rustc/x/std.rs:1:1\n   1: app::a::f\n     \
                    at ./src/a.rs:3:5\n   2:     0x55 - app::main::h0123456789abcdef\n     at src/main.rs:7\n";
        let (frames, message) = short(text);
        assert_eq!(
            frames,
            [
                "src/a.rs:3 ",
                "/rustc/x/std.rs:1 rust_begin_unwind",
                "./src/a.rs:3 app::a::f",
                "src/main.rs:7 app::main",
            ]
        );
        assert_eq!(message, "index out of bounds");
        let old = "thread 'main' panicked at 'boom', src/a.rs:3:5";
        assert_eq!(short(old), (vec!["src/a.rs:3 ".to_owned()], "boom".to_owned()));
    }

    /// Functions of Go stand above their places, with receivers in parentheses.
    #[test]
    fn go_traces() {
        let text = "panic: runtime error: nil\n\ngoroutine 1 [running]:\nmain.(*T).f(0x0, 0x1)\n\t\
                    /src/a.go:12 +0x1d\nmain.main()\n\t/src/main.go:5 +0x2a\nexit status 2\n";
        let (frames, message) = short(text);
        assert_eq!(frames, ["/src/a.go:12 main.(*T).f", "/src/main.go:5 main.main"]);
        assert!(message.starts_with("panic: runtime error: nil"));
    }

    /// V8 and Firefox.
    #[test]
    fn javascript_traces() {
        let text = "TypeError: x is undefined\n    at C.f (/app/src/a.ts:3:5)\n    at async \
                    Promise.all (index 0)\n    at file:///app/main.js:9:1\ng@http://h/app/b.js:4:2\n";
        let (frames, message) = short(text);
        assert_eq!(frames, ["/app/src/a.ts:3 C.f", "/app/main.js:9 ", "http://h/app/b.js:4 g"]);
        assert!(message.starts_with("TypeError: x is undefined"));
    }

    /// The first cause of a chain comes first, wherever it is printed.
    #[test]
    fn java_traces() {
        let text = "java.lang.RuntimeException: no\n\tat a.b.Main.main(Main.java:9)\nCaused by: \
                    java.io.IOException: gone\n\tat java.base/java.io.X.read(X.java:1)\n\tat \
                    a.b.C$D.load(C.java:3)\n\t... 1 more\n";
        let (frames, message) = short(text);
        assert_eq!(frames, ["java/io/X.java:1 read", "a/b/C.java:3 load", "a/b/Main.java:9 main"]);
        assert!(message.contains("gone"));
    }

    /// Whatever comes, it is read without a panic and within bounds.
    #[test]
    fn odd_texts() {
        let long = "  File \"a.py\", line 1, in f\n".repeat(5000);
        for text in ["", "\0", "at (:", "File \"", "💥:1:2", "1:", "panicked at ", "@:1", &long] {
            assert!(read_trace(text).frames.len() <= MAX_FRAMES);
        }
    }
}
