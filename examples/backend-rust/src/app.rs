//! Puts the service together. The only place where the parts meet.

use std::sync::Arc;

use anyhow::Context;
use axum::routing::{get, post};
use axum::Router;
use tokio::net::TcpListener;
use tokio::signal::unix::{signal, SignalKind};

use crate::auth::Tokens;
use crate::claude::ClaudeClient;
use crate::config::Config;
use crate::database::Database;
use crate::handlers::{self, Services};
use crate::services::{Quotas, Summaries, Tickets};
use crate::{breaks, middleware};

pub async fn serve(config: Config) -> anyhow::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", config.port)).await;
    let listener = listener.with_context(|| format!("listening on port {}", config.port))?;
    axum::serve(listener, build(&config)?).with_graceful_shutdown(told_to_stop()).await?;
    Ok(())
}

fn build(config: &Config) -> anyhow::Result<Router> {
    let database = Arc::new(Database::open(config)?);
    let services = Services {
        tokens: Tokens::new(),
        summaries: Summaries { claude: ClaudeClient::new(config)? },
        tickets: Tickets { database: Arc::clone(&database) },
        quotas: Quotas { database },
        report: config.report,
    };
    let mut routes = Router::new()
        .route("/health", get(handlers::health))
        .route("/api/summaries", post(handlers::summarise))
        .route("/api/tickets/{number}", get(handlers::ticket))
        .route("/api/export", get(handlers::export))
        .route("/api/import", post(handlers::import_rows))
        .route("/api/comments", post(handlers::comment))
        .route("/api/customers/{customer}/quota", get(handlers::quota))
        .route("/api/customers/{customer}/invoice", get(handlers::invoice))
        .route("/api/account", get(handlers::account))
        .route("/api/reports/monthly", get(handlers::monthly_report));
    if config.breakable {
        routes = routes.route("/break/{name}", post(breaks::run));
    }
    Ok(routes.layer(axum::middleware::from_fn(middleware::trace)).with_state(Arc::new(services)))
}

/// Ctrl-C or SIGTERM; without a handler for them the process just ends, as it would anyway.
async fn told_to_stop() {
    if let Ok(mut terminated) = signal(SignalKind::terminate()) {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    }
}
