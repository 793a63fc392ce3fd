//! What can go wrong on purpose: each error has the code that its log line and its answer carry.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::Json;
use serde_json::json;
use thiserror::Error;

/// Answered with its status; whoever makes one has logged it.
#[derive(Debug, Error)]
pub enum ServiceError {
    #[error("the model did not answer within {0} s")]
    AiTimeout(f64),
    #[error("the model answered 429: {0}")]
    AiRateLimited(String),
    #[error("the model answered 529: {0}")]
    AiOverloaded(String),
    #[error("the model could not be asked: {0}")]
    AiFailed(String),
    #[error("the token expired {0} s ago")]
    TokenExpired(u64),
    #[error("the token's signature does not match")]
    TokenInvalid,
    #[error("no database connection became free")]
    PoolExhausted,
    #[error("a comment has at most {0} characters, not {1}")]
    CommentRejected(usize, usize),
    #[error("customer must be a number, not {0}")]
    RowInvalid(String),
}

impl ServiceError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::AiTimeout(_) => "AI_TIMEOUT",
            Self::AiRateLimited(_) => "AI_RATE_LIMITED",
            Self::AiOverloaded(_) => "AI_OVERLOADED",
            Self::AiFailed(_) => "AI_FAILED",
            Self::TokenExpired(_) => "AUTH_TOKEN_EXPIRED",
            Self::TokenInvalid => "AUTH_TOKEN_INVALID",
            Self::PoolExhausted => "DB_POOL_EXHAUSTED",
            Self::CommentRejected(..) => "COMMENT_REJECTED",
            Self::RowInvalid(_) => "IMPORT_ROW_INVALID",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::AiTimeout(_) => StatusCode::GATEWAY_TIMEOUT,
            Self::AiRateLimited(_) | Self::AiOverloaded(_) | Self::PoolExhausted => StatusCode::SERVICE_UNAVAILABLE,
            Self::AiFailed(_) => StatusCode::BAD_GATEWAY,
            Self::TokenExpired(_) | Self::TokenInvalid => StatusCode::UNAUTHORIZED,
            Self::CommentRejected(..) | Self::RowInvalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

/// The code of the service error in a chain, for the log line.
pub fn code_of(error: &anyhow::Error) -> &'static str {
    error.downcast_ref::<ServiceError>().map_or("INTERNAL", ServiceError::code)
}

/// What a handler fails with. One that holds no service error was not foreseen, so nobody has logged it yet.
pub struct Failure(pub anyhow::Error);

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        if let Some(known) = self.0.downcast_ref::<ServiceError>() {
            return (known.status(), Json(json!({ "error": known.code() }))).into_response();
        }
        tracing::error!(error = ?self.0, "Unhandled error");
        internal()
    }
}

pub fn internal() -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "error": "internal server error" }))).into_response()
}
