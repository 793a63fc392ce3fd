//! Settings: constants of the service, and what the command line says.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{bail, Context};

pub const POOL_SIZE: u32 = 2;
pub const POOL_TIMEOUT: Duration = Duration::from_millis(300);
pub const MODEL: &str = "claude-haiku-5-5";
pub const MAX_TOKENS: u32 = 512;

pub struct Config {
    pub port: u16,
    pub log_dir: PathBuf,
    pub database: PathBuf,
    pub claude_url: String,
    pub claude_key: String,
    /// How long the monthly report takes to build.
    pub report: Duration,
    /// Whether `POST /break/…` exists.
    pub breakable: bool,
    /// Log to the file only.
    pub quiet: bool,
}

impl Config {
    pub fn from_arguments(mut arguments: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let mut config = Self {
            port: 8080,
            log_dir: "logs".into(),
            database: PathBuf::new(),
            claude_url: "https://api.anthropic.com".into(),
            claude_key: std::env::var("ANTHROPIC_API_KEY").unwrap_or_else(|_| "not-a-key".into()),
            report: Duration::from_secs(6),
            breakable: false,
            quiet: false,
        };
        while let Some(name) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("{name} needs a value"));
            match name.as_str() {
                "--port" => config.port = value()?.parse().context("--port")?,
                "--log-dir" => config.log_dir = value()?.into(),
                "--database" => config.database = value()?.into(),
                "--claude-url" => config.claude_url = value()?.trim_end_matches('/').into(),
                "--report-seconds" => {
                    let seconds = value()?.parse().context("--report-seconds")?;
                    config.report = Duration::try_from_secs_f64(seconds).context("--report-seconds")?;
                }
                "--breakable" => config.breakable = true,
                "--quiet" => config.quiet = true,
                _ => bail!("{name}: no such option"),
            }
        }
        if config.database.as_os_str().is_empty() {
            config.database = config.log_dir.join("backend.sqlite");
        }
        Ok(config)
    }
}
