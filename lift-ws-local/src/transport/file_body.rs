//! A file as the body of an answer, read while it is sent.

use std::io;

use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use http_body_util::StreamBody;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Frame;
use tokio::fs::File;
use tokio::io::AsyncReadExt;

/// How much of a file is in memory at a time, for each client that it is sent to.
const PIECE: usize = 64 * 1024;

/// The next so many bytes of a file, and what comes after them.
pub(super) fn of_file(file: File, length: u64, tail: &'static str) -> UnsyncBoxBody<Bytes, io::Error> {
    let pieces = stream::try_unfold((file, length), |(mut file, left)| async move {
        let piece = next_piece(&mut file, left).await?;
        Ok(piece.map(|piece| {
            let left = left - piece.len() as u64;
            (piece, (file, left))
        }))
    });
    let tail = stream::iter(Some(tail).filter(|tail| !tail.is_empty()));
    let all = pieces.chain(tail.map(|tail| Ok(Bytes::from_static(tail.as_bytes()))));
    UnsyncBoxBody::new(StreamBody::new(all.map_ok(Frame::data)))
}

/// `None` after the last. A file that has become shorter is an error: its client has been told a length.
async fn next_piece(file: &mut File, left: u64) -> io::Result<Option<Bytes>> {
    let most = usize::try_from(left).map_or(PIECE, |left| left.min(PIECE));
    if most == 0 {
        return Ok(None);
    }
    let mut piece = BytesMut::with_capacity(most);
    if file.read_buf(&mut piece).await? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    piece.truncate(most);
    Ok(Some(piece.freeze()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    async fn file(content: &[u8]) -> File {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        File::open(file.path()).await.unwrap()
    }

    #[tokio::test]
    async fn a_large_file_comes_in_pieces_and_then_what_follows() {
        let content: Vec<u8> = (0..3 * PIECE + 7).map(|at| (at % 251) as u8).collect();
        let mut body = of_file(file(&content).await, content.len() as u64, "<end>");
        let mut whole = Vec::new();
        while let Some(frame) = body.frame().await {
            let piece = frame.unwrap().into_data().unwrap();
            assert!(piece.len() <= PIECE);
            whole.extend_from_slice(&piece);
        }
        assert!(whole == [&content[..], b"<end>"].concat());
    }

    #[tokio::test]
    async fn what_is_added_meanwhile_is_not_sent_and_what_is_gone_is_an_error() {
        let body = of_file(file(b"abcdef").await, 3, "").collect().await.unwrap();
        assert_eq!(body.to_bytes(), "abc");
        let error = of_file(file(b"abc").await, 4, "").collect().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
