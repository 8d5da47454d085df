//! Two ways to frame messages on a pipe: one a line, as MCP has it, or behind a `Content-Length`
//! header, as language servers and some clients do. The client's first bytes decide; it is answered
//! in kind.

use std::io;

use tokio::{
    io::{
        AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt,
        BufReader, DuplexStream,
    },
    task::JoinHandle,
};

/// A message longer than this ends the connection: it is no request of ours.
const MAX_MESSAGE: usize = 16 << 20;
/// What lies between the two framings.
const BUFFER: usize = 64 * 1024;

/// Messages of the client, one a line.
pub(super) type Reader = Box<dyn AsyncRead + Send + Unpin>;
/// Messages to the client, one a line.
pub(super) type Writer = Box<dyn AsyncWrite + Send + Unpin>;

/// Waits for the first bytes and gives line-framed streams, whatever the client speaks. If there is
/// a task, it ends when all that was written has reached the client.
///
/// # Errors
/// If the input cannot be read.
pub(super) async fn detect(
    reader: impl AsyncRead + Send + Unpin + 'static,
    writer: impl AsyncWrite + Send + Unpin + 'static,
) -> io::Result<(Reader, Writer, Option<JoinHandle<()>>)> {
    let mut reader = BufReader::with_capacity(BUFFER, reader);
    // JSON begins with a brace; a header with a letter.
    if !reader.fill_buf().await?.first().is_some_and(u8::is_ascii_alphabetic) {
        return Ok((Box::new(reader), Box::new(writer), None));
    }
    let (requests, lines_in) = tokio::io::simplex(BUFFER);
    let (lines_out, replies) = tokio::io::duplex(BUFFER);
    tokio::spawn(async move {
        if let Err(err) = unframe(reader, lines_in).await {
            tracing::warn!(%err, "the input ended");
        }
    });
    let writing = tokio::spawn(async move {
        if let Err(err) = enframe(replies, writer).await {
            tracing::debug!(%err, "the output ended");
        }
    });
    Ok((Box::new(requests), Box::new(lines_out), Some(writing)))
}

/// Turns header-framed messages into lines.
async fn unframe(
    mut reader: impl AsyncBufRead + Unpin,
    mut lines: impl AsyncWrite + Unpin,
) -> io::Result<()> {
    while let Some(length) = read_header(&mut reader).await? {
        let mut message = vec![0; length];
        reader.read_exact(&mut message).await?;
        // Line ends between JSON's tokens are only space; within strings they are escaped.
        for byte in &mut message {
            if matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
        message.push(b'\n');
        lines.write_all(&message).await?;
    }
    lines.shutdown().await
}

/// Reads the lines up to the empty one; the length of what follows, or `None` at the end.
async fn read_header(reader: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<usize>> {
    let invalid = |message| io::Error::new(io::ErrorKind::InvalidData, message);
    let mut length = None;
    loop {
        let mut line = String::new();
        if (&mut *reader).take(1024).read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        let line = line.trim();
        if let Some((name, value)) = line.split_once(':') {
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().ok();
            }
        } else if !line.is_empty() {
            return Err(invalid("a header is `Name: value`"));
        } else if let Some(length) = length {
            if length > MAX_MESSAGE {
                return Err(invalid("a message has at most 16 MiB"));
            }
            return Ok(Some(length));
        }
    }
}

/// Turns lines into header-framed messages.
async fn enframe(lines: DuplexStream, mut writer: impl AsyncWrite + Unpin) -> io::Result<()> {
    let mut lines = BufReader::new(lines);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).await? > 0 {
        let message = line.trim_ascii_end();
        let mut framed = format!("Content-Length: {}\r\n\r\n", message.len()).into_bytes();
        framed.extend_from_slice(message);
        writer.write_all(&framed).await?;
        writer.flush().await?;
        line.clear();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::detect;

    /// What the server reads for `input`, and what the client reads when it answers `{"b":2}`.
    async fn exchange(input: &str) -> (String, String) {
        let (client, ours) = tokio::io::duplex(1024);
        let (client_read, mut client_write) = tokio::io::split(client);
        let (read, write) = tokio::io::split(ours);
        client_write.write_all(input.as_bytes()).await.unwrap();
        client_write.shutdown().await.unwrap();
        let (mut reader, mut writer, writing) = detect(read, write).await.unwrap();
        let mut seen = String::new();
        reader.read_to_string(&mut seen).await.unwrap();
        writer.write_all(b"{\"b\":2}\n").await.unwrap();
        writer.flush().await.unwrap();
        writer.shutdown().await.unwrap();
        drop((writer, reader));
        if let Some(writing) = writing {
            writing.await.unwrap();
        }
        let mut answer = vec![0; 256];
        let mut client_read = client_read;
        let read = client_read.read(&mut answer).await.unwrap();
        answer.truncate(read);
        (seen, String::from_utf8(answer).unwrap())
    }

    #[tokio::test]
    async fn lines_stay_lines() {
        let (seen, answer) = exchange("{\"a\":1}\n").await;
        assert_eq!((&seen[..], &answer[..]), ("{\"a\":1}\n", "{\"b\":2}\n"));
    }

    #[tokio::test]
    async fn headers_are_answered_with_headers() {
        let input =
            "content-length: 9\r\nContent-Type: x\r\n\r\n{\n\"a\":1\n}Content-Length: 2\r\n\r\n{}";
        let (seen, answer) = exchange(input).await;
        assert_eq!(seen, "{ \"a\":1 }\n{}\n");
        assert_eq!(answer, "Content-Length: 7\r\n\r\n{\"b\":2}");
    }
}
