//! Request ids, the handler span, the lines that begin and end a request, and panics as answers.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::{info, info_span, Instrument};
use uuid::Uuid;

use crate::errors::internal;

const REQUEST_ID: &str = "x-request-id";
const LONGEST_ID: usize = 128;

/// What goes on to the external API with each call made for a request.
#[derive(Clone)]
pub struct RequestIds {
    pub request: String,
    pub trace: String,
}

tokio::task_local! {
    pub static IDS: RequestIds;
}

impl RequestIds {
    /// Taken over from the caller where they are valid, else made anew.
    fn from_headers(headers: &HeaderMap) -> Self {
        let sent = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let printable =
            |id: &&str| !id.is_empty() && id.len() <= LONGEST_ID && id.bytes().all(|b| b.is_ascii_graphic());
        let trace = sent("traceparent").and_then(|parent| parent.split('-').nth(1));
        let hexadecimal = |id: &&str| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit());
        Self {
            request: sent(REQUEST_ID).filter(printable).map_or_else(fresh, str::to_owned),
            trace: trace.filter(hexadecimal).map_or_else(fresh, str::to_owned),
        }
    }
}

fn fresh() -> String {
    Uuid::new_v4().simple().to_string()
}

pub async fn trace(matched: Option<MatchedPath>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let ids = RequestIds::from_headers(request.headers());
    let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
    let route = matched.map_or_else(|| path.clone(), |matched| matched.as_str().to_owned());
    if path == "/health" {
        return next.run(request).await;
    }
    let span = info_span!("handler", request_id = ids.request, trace_id = ids.trace, method, path);
    let id = HeaderValue::from_str(&ids.request).ok();
    let work = async move {
        info!(method, path, "Request received");
        // A task of its own, so that a panic ends this request and nothing else; the panic hook has logged it.
        let answer = tokio::spawn(IDS.scope(ids, next.run(request)).in_current_span()).await;
        let response = answer.unwrap_or_else(|_| internal());
        let duration_ms = started.elapsed().as_secs_f64() * 1000.0;
        info!(status = response.status().as_u16(), duration_ms, method, path, route, "Response sent");
        response
    };
    let mut response = work.instrument(span).await;
    if let Some(id) = id {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}
