//! The files of a page, served at `/` beside the API.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use http_body_util::Either;
use hyper::header::{CACHE_CONTROL, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, UPGRADE};
use hyper::{Method, Request, StatusCode};

use super::file_body;
use crate::core::url;
use crate::http::{self, Answer};

const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

const PLAIN: &str = "text/plain; charset=utf-8";

/// A folder of static files.
#[derive(Clone, Debug)]
pub(crate) struct WebFolder {
    /// Canonical, so that a file's own canonical path tells whether it lies inside.
    root: PathBuf,
    /// What is added to pages that are looked at on this machine.
    tag: Option<&'static str>,
}

impl WebFolder {
    pub(crate) fn open(root: &Path) -> io::Result<Self> {
        let root = root.canonicalize()?;
        if !root.is_dir() {
            return Err(io::Error::new(io::ErrorKind::NotADirectory, "it is not a folder"));
        }
        Ok(Self { root, tag: None })
    }

    /// Adds a tag to every page, for who looks at it on this machine.
    pub(crate) fn with_tag(mut self, tag: Option<&'static str>) -> Self {
        self.tag = tag;
        self
    }

    /// Whether a request may be one for a file; an upgrade never is.
    pub(super) fn answers<B>(&self, request: &Request<B>) -> bool {
        matches!(*request.method(), Method::GET | Method::HEAD) && !request.headers().contains_key(UPGRADE)
    }

    pub(super) async fn answer<B>(&self, request: &Request<B>, peer: IpAddr) -> Answer {
        let file = match self.find(request.uri().path()) {
            Some(path) => self.open_file(path).await,
            None => Ok(None),
        };
        let mut answer = match file {
            Ok(Some(file)) => {
                let tag = self.tag.filter(|_| peer.to_canonical().is_loopback());
                let tag = tag.filter(|_| file.is_page(request.headers()));
                file.into_answer(tag.unwrap_or_default())
            }
            Ok(None) => http::with_type(StatusCode::NOT_FOUND, PLAIN, "no such file\n"),
            Err(_) => http::with_type(StatusCode::INTERNAL_SERVER_ERROR, PLAIN, "the file cannot be read\n"),
        };
        // An edited page shows at the next reload.
        answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        answer
    }

    /// The file that a path names, if every segment is an ordinary name.
    fn find(&self, path: &str) -> Option<PathBuf> {
        let mut found = self.root.clone();
        for segment in path.split('/').filter(|segment| !segment.is_empty()) {
            let segment = url::decode_exactly(segment)?;
            let is_ordinary = !segment.starts_with('.')
                && !segment.contains(['/', '\\', '\0'])
                && Path::new(&segment).components().count() == 1;
            if !is_ordinary {
                return None;
            }
            found.push(segment);
        }
        if path.ends_with('/') {
            // Only a folder can be opened by a path that ends so.
            found.push("");
        }
        Some(found)
    }

    async fn open_file(&self, path: PathBuf) -> io::Result<Option<OpenFile>> {
        let root = self.root.clone();
        let opened = tokio::task::spawn_blocking(move || OpenFile::open(&root, path)).await?;
        match opened {
            Err(error) if is_missing(&error) => Ok(None),
            opened => opened,
        }
    }
}

/// A file that is about to be sent.
struct OpenFile {
    file: File,
    bytes: u64,
    content_type: &'static str,
    is_utf16: bool,
}

impl OpenFile {
    /// `None` for what is not served, though something is there.
    fn open(root: &Path, path: PathBuf) -> io::Result<Option<Self>> {
        let path = if path.is_dir() { path.join("index.html") } else { path };
        let path = path.canonicalize()?;
        // A link may point anywhere; what lies outside is not served.
        if !path.starts_with(root) || !path.is_file() {
            return Ok(None);
        }
        let mut file = File::open(&path)?;
        let bytes = file.metadata()?.len();
        let mut first = Vec::new();
        (&mut file).take(2).read_to_end(&mut first)?;
        file.rewind()?;
        let is_utf16 = first == b"\xff\xfe" || first == b"\xfe\xff";
        Ok(Some(Self { file, bytes, content_type: content_type(&path), is_utf16 }))
    }

    /// Whether this is a page that somebody is about to see, and not a piece of one that a program fetches.
    fn is_page(&self, headers: &HeaderMap) -> bool {
        let is_seen = headers.get(SEC_FETCH_DEST).is_none_or(|destination| destination == "document");
        self.content_type.starts_with("text/html") && is_seen && !self.is_utf16
    }

    /// The tag comes last: there a parser takes it whatever the page is like, and nothing of the page moves.
    fn into_answer(self, tag: &'static str) -> Answer {
        let bytes = self.bytes + tag.len() as u64;
        let body = file_body::of_file(self.file.into(), self.bytes, tag);
        let mut answer = http::with_type(StatusCode::OK, self.content_type, "").map(|_| Either::Right(body));
        answer.headers_mut().insert(CONTENT_LENGTH, bytes.into());
        answer
    }
}

fn is_missing(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidFilename, NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory | InvalidFilename)
}

fn content_type(path: &Path) -> &'static str {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    match extension.to_ascii_lowercase().as_str() {
        "html" | "htm" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" | "webmanifest" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "woff" => "font/woff",
        "wasm" => "application/wasm",
        "txt" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    async fn get(web: &WebFolder, path: &str) -> (StatusCode, String, String) {
        let request = Request::get(path).body(()).unwrap();
        assert!(web.answers(&request));
        let answer = web.answer(&request, [127, 0, 0, 1].into()).await;
        let (head, body) = answer.into_parts();
        let content_type = head.headers["content-type"].to_str().unwrap().to_owned();
        let body = body.collect().await.unwrap().to_bytes();
        (head.status, content_type, String::from_utf8(body.to_vec()).unwrap())
    }

    fn folder() -> (tempfile::TempDir, WebFolder) {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("web");
        std::fs::create_dir_all(root.join("sub dir")).unwrap();
        std::fs::write(root.join("index.html"), "home").unwrap();
        std::fs::write(root.join("sub dir/app.js"), "code").unwrap();
        std::fs::write(root.join(".secret"), "hidden").unwrap();
        std::fs::write(dir.path().join("outside.txt"), "outside").unwrap();
        std::os::unix::fs::symlink(dir.path().join("outside.txt"), root.join("link.txt")).unwrap();
        let web = WebFolder::open(&root).unwrap();
        (dir, web)
    }

    #[tokio::test]
    async fn files_are_served_with_their_content_type_and_folders_by_their_index() {
        let (_dir, web) = folder();
        let (status, content_type, body) = get(&web, "/").await;
        assert_eq!(
            (status, content_type.as_str(), body.as_str()),
            (StatusCode::OK, "text/html; charset=utf-8", "home")
        );
        let (status, content_type, body) = get(&web, "/sub%20dir/app.js").await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, "code"));
        assert_eq!(content_type, "text/javascript; charset=utf-8");
    }

    #[tokio::test]
    async fn pages_get_the_tag_and_nothing_else_does() {
        let (_dir, web) = folder();
        let web = web.with_tag(Some("<tag>"));
        assert_eq!(get(&web, "/").await.2, "home<tag>");
        assert_eq!(get(&web, "/sub%20dir/app.js").await.2, "code");
        assert_eq!(get(&web, "/missing").await.2, "no such file\n");
        for (destination, expected) in [("document", "home<tag>"), ("empty", "home"), ("iframe", "home")] {
            let request = Request::get("/").header("sec-fetch-dest", destination).body(()).unwrap();
            let answer = web.answer(&request, [127, 0, 0, 1].into()).await;
            assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), expected, "{destination}");
        }
        // Who looks from elsewhere may not ask for the script.
        let request = Request::get("/").body(()).unwrap();
        let answer = web.answer(&request, [10, 0, 0, 7].into()).await;
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "home");
    }

    #[tokio::test]
    async fn nothing_outside_of_the_folder_is_served() {
        let (_dir, web) = folder();
        for path in [
            "/../outside.txt",
            "/%2e%2e/outside.txt",
            "/..%2foutside.txt",
            "/sub%20dir/../../outside.txt",
            "/link.txt",
            "/.secret",
            "//etc/passwd",
            "/%2fetc%2fpasswd",
            "/a%00b",
            "/%zz",
            "/missing",
            "/sub%20dir/app.js/",
        ] {
            assert_eq!(get(&web, path).await.0, StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[tokio::test]
    async fn a_file_that_is_there_and_cannot_be_read_is_the_servers_mistake() {
        let (dir, web) = folder();
        let circle = dir.path().join("web/circle");
        std::os::unix::fs::symlink(&circle, &circle).unwrap();
        assert_eq!(get(&web, "/circle").await.0, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(get(&web, &format!("/{}", "x".repeat(300))).await.0, StatusCode::NOT_FOUND);
    }

    #[test]
    fn an_upgrade_is_no_request_for_a_file() {
        let (_dir, web) = folder();
        assert!(!web.answers(&Request::get("/").header("upgrade", "websocket").body(()).unwrap()));
        assert!(!web.answers(&Request::post("/").body(()).unwrap()));
    }
}
