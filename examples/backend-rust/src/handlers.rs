//! HTTP in, HTTP out. Every handler asks a service and turns its answer, or its error, into JSON.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{header, HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::Json;
use serde_json::{json, Value};
use tracing::{debug, instrument, Span};

use crate::auth::Tokens;
use crate::errors::Failure;
use crate::services::{Quotas, Summaries, Tickets};

pub struct Services {
    pub tokens: Tokens,
    pub summaries: Summaries,
    pub tickets: Tickets,
    pub quotas: Quotas,
    pub report: Duration,
}

pub type Shared = State<Arc<Services>>;
pub type Answer = Result<Response, Failure>;

pub async fn health() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

pub async fn summarise(State(services): Shared, Json(body): Json<Value>) -> Answer {
    let text = body["text"].as_str().unwrap_or_default();
    Ok(Json(json!({ "summary": services.summaries.summarise(text, None).await? })).into_response())
}

pub async fn ticket(State(services): Shared, Path(number): Path<u32>) -> Answer {
    let tickets = services.tickets.clone();
    Ok(found(blocking(move || tickets.get(number)).await?))
}

pub async fn export(State(services): Shared) -> Answer {
    let tickets = services.tickets.clone();
    Ok(Json(json!({ "tickets": blocking(move || tickets.export()).await? })).into_response())
}

pub async fn import_rows(State(services): Shared, Json(body): Json<Value>) -> Answer {
    let rows = body["rows"].as_array().cloned().unwrap_or_default();
    Ok(Json(json!({ "imported": services.tickets.import_rows(&rows) })).into_response())
}

pub async fn comment(State(services): Shared, Json(body): Json<Value>) -> Answer {
    services.tickets.comment(body["text"].as_str().unwrap_or_default())?;
    Ok((StatusCode::CREATED, Json(json!({ "stored": true }))).into_response())
}

pub async fn quota(State(services): Shared, Path(customer): Path<u32>) -> Answer {
    let quotas = services.quotas.clone();
    let left = blocking(move || quotas.remaining(customer)).await?;
    Ok(found(left.map(|left| json!({ "remaining": left }))))
}

pub async fn invoice(State(services): Shared, Path(customer): Path<u32>) -> Answer {
    let quotas = services.quotas.clone();
    let due = blocking(move || quotas.invoice(customer)).await?;
    Ok(found(due.map(|due| json!({ "due": due }))))
}

pub async fn account(State(services): Shared, headers: HeaderMap) -> Answer {
    let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let token = sent.strip_prefix("Bearer ").unwrap_or_default();
    Ok(Json(json!({ "customer": services.tokens.customer(token)? })).into_response())
}

#[instrument(name = "service.report", skip_all)]
pub async fn monthly_report(State(services): Shared) -> Answer {
    debug!("Processing report");
    tokio::time::sleep(services.report).await;
    Ok(Json(json!({ "report": "built" })).into_response())
}

fn found(value: Option<Value>) -> Response {
    match value {
        Some(value) => Json(value).into_response(),
        None => (StatusCode::NOT_FOUND, Json(json!({ "error": "NOT_FOUND" }))).into_response(),
    }
}

/// Work that waits, off the threads that serve requests but in their span; its panics go on here.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> anyhow::Result<T> + Send + 'static) -> anyhow::Result<T> {
    let span = Span::current();
    match tokio::task::spawn_blocking(move || span.in_scope(work)).await {
        Ok(done) => done,
        Err(ended) if ended.is_panic() => std::panic::resume_unwind(ended.into_panic()),
        Err(ended) => Err(ended.into()),
    }
}
