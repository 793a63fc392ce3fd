//! Logs as JSON lines to standard output and a file, spans with their durations, and panics as log lines.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::fs::OpenOptions;
use std::panic::PanicHookInfo;
use std::sync::Mutex;

use anyhow::Context;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{fmt, EnvFilter, Layer};

use crate::config::Config;

/// Everything of this service, and warnings of the libraries, unless `RUST_LOG` says otherwise.
const DEFAULT_FILTER: &str = "warn,backend=debug";

pub fn set_up(config: &Config) -> anyhow::Result<()> {
    let path = config.log_dir.join("backend.log");
    let file = OpenOptions::new().create(true).append(true).open(&path).with_context(|| path.display().to_string())?;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let stdout = (!config.quiet).then(|| json().boxed());
    let lines = json().with_writer(Mutex::new(file));
    tracing_subscriber::registry().with(filter).with(lines).with(stdout).try_init()?;
    std::panic::set_hook(Box::new(log_panic));
    Ok(())
}

fn json<S>() -> fmt::Layer<S, fmt::format::JsonFields, fmt::format::Format<fmt::format::Json>>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    // `close` lines tell how long each span was busy and idle.
    fmt::layer().json().with_file(true).with_line_number(true).with_span_events(FmtSpan::CLOSE)
}

/// What the standard hook prints, as one line. The field names are OpenTelemetry's for exceptions.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let payload = panic.payload();
    let message = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("a payload that is no text");
    let location = panic.location().map(ToString::to_string).unwrap_or_default();
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("<unnamed>");
    let backtrace = Backtrace::capture(); // empty unless RUST_BACKTRACE asks for it
    let mut trace = format!("thread '{name}' panicked at {location}:\n{message}");
    if backtrace.status() == BacktraceStatus::Captured {
        trace.push_str(&format!("\nstack backtrace:\n{backtrace}"));
    }
    tracing::error!(
        exception.r#type = "panic",
        exception.message = message,
        exception.stacktrace = trace,
        location,
        "Panicked"
    );
}
