//! `backend --port 8080 --log-dir logs --claude-url https://api.anthropic.com`

mod app;
mod auth;
mod breaks;
mod claude;
mod config;
mod database;
mod errors;
mod handlers;
mod middleware;
mod observe;
mod plans;
mod services;

use anyhow::Context;
use config::Config;

fn main() -> anyhow::Result<()> {
    let config = Config::from_arguments(std::env::args().skip(1))?;
    std::fs::create_dir_all(&config.log_dir).with_context(|| format!("making {}", config.log_dir.display()))?;
    observe::set_up(&config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(app::serve(config))
}
