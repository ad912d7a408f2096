//! The metrics over HTTP, for Prometheus: only when asked for, one page, no more than a few connections at a time.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ALLOW, CONTENT_TYPE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::super::ServerError;
use super::super::limits::Guard;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const CONNECTIONS_MAX: usize = 8;
/// Time for a request's head to come.
const HEAD_PATIENCE: Duration = Duration::from_secs(5);
/// Time for a whole connection: a scrape takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(30);
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// A listener that is ready.
pub(in crate::server) struct Exporter(TcpListener);

/// Binds the address of the metrics.
pub(in crate::server) async fn bind(addr: SocketAddr) -> Result<Exporter, ServerError> {
    TcpListener::bind(addr).await.map(Exporter).map_err(|error| ServerError::listen(addr, error))
}

impl Exporter {
    /// Where it listens.
    pub(in crate::server) fn local_addr(&self) -> Result<SocketAddr, ServerError> {
        self.0.local_addr().map_err(ServerError::machine)
    }

    /// Answers until it is dropped.
    pub(in crate::server) async fn run(self, guard: Arc<Guard>) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.0.accept(), if connections.len() < CONNECTIONS_MAX => match accepted {
                    Ok((stream, _)) => {
                        connections.spawn(tokio::time::timeout(PATIENCE, serve(stream, guard.clone())));
                    }
                    // Out of files, most likely: others will close theirs.
                    Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                },
                Some(_) = connections.join_next() => {}
            }
        }
    }
}

async fn serve(stream: TcpStream, guard: Arc<Guard>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let response = answer(&request, &guard);
        async move { Ok::<_, Infallible>(response) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_PATIENCE).max_buf_size(HEAD_BYTES_MAX).keep_alive(false);
    if let Err(error) = http.serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!("a request for metrics was not answered: {error}");
    }
}

fn answer(request: &Request<Incoming>, guard: &Guard) -> Response<Full<Bytes>> {
    let (status, header, body) = match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, "/metrics") => {
            (StatusCode::OK, (CONTENT_TYPE, OPEN_METRICS), guard.metrics.render())
        }
        (_, "/metrics") => (StatusCode::METHOD_NOT_ALLOWED, (ALLOW, "GET, HEAD"), String::new()),
        _ => (StatusCode::NOT_FOUND, (CONTENT_TYPE, "text/plain"), "see /metrics\n".to_owned()),
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(header.0, hyper::header::HeaderValue::from_static(header.1));
    response
}
