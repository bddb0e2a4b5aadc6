//! The bare Runtime API as a hyper server on tokio, with one thread for all connections.

use super::Feed;
use crate::runtime_api::server::{FUNCTION_ARN, REGISTERED, REGISTERED_AS, TRACE, deadline};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::{io, thread};
use tokio::net::{TcpListener, TcpStream};

type Answer = Response<Full<Bytes>>;

/// Starts it; returns its address.
pub(super) fn start(feed: Arc<Feed>) -> io::Result<SocketAddr> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    thread::spawn(move || runtime.block_on(accept(&listener, &feed)));
    Ok(address)
}

async fn accept(listener: &TcpListener, feed: &Arc<Feed>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, Arc::clone(feed)));
    }
}

async fn serve(stream: TcpStream, feed: Arc<Feed>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| answer(request, Arc::clone(&feed)));
    // The other feeder sends no date either.
    let server =
        http1::Builder::new().auto_date_header(false).serve_connection(TokioIo::new(stream), service);
    let _ = server.await;
}

async fn answer(request: Request<Incoming>, feed: Arc<Feed>) -> Result<Answer, Box<dyn Error + Send + Sync>> {
    let path = request.uri().path();
    Ok(if path == "/2018-06-01/runtime/invocation/next" {
        next(&feed)?
    } else if path.starts_with("/2018-06-01/runtime/invocation/") {
        request.into_body().collect().await?;
        json(StatusCode::ACCEPTED).body("{\"status\":\"OK\"}".into())?
    } else if path == "/2020-01-01/extension/register" {
        let (name, value) = REGISTERED_AS;
        json(StatusCode::OK).header(name, value).body(REGISTERED.into())?
    } else {
        // An extension waits for its next event until the environment is ended.
        std::future::pending().await
    })
}

fn next(feed: &Feed) -> Result<Answer, hyper::http::Error> {
    let number = feed.count.fetch_add(1, Ordering::Relaxed);
    json(StatusCode::OK)
        .header("lambda-runtime-aws-request-id", format!("00000000-0000-4000-8000-{number:012}"))
        .header("lambda-runtime-deadline-ms", deadline())
        .header("lambda-runtime-invoked-function-arn", FUNCTION_ARN)
        .header("lambda-runtime-trace-id", format!("Root=1-5bef4de7-{number:024x};{TRACE}"))
        .body(feed.event.clone().into())
}

fn json(status: StatusCode) -> hyper::http::response::Builder {
    Response::builder().status(status).header("content-type", "application/json")
}
