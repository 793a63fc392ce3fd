//! The external API: Claude's Messages endpoint over plain HTTP.

use std::time::Duration;

use anyhow::Context;
use serde_json::{json, Value};
use tracing::{field, instrument, Span};
use uuid::Uuid;

use crate::config::{Config, MAX_TOKENS, MODEL};
use crate::errors::ServiceError;
use crate::middleware::IDS;

const API_VERSION: &str = "2023-06-01";
const TIMEOUT: Duration = Duration::from_secs(1);

pub struct ClaudeClient {
    http: reqwest::Client,
    url: String,
    key: String,
}

impl ClaudeClient {
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().timeout(TIMEOUT).no_proxy().build()?;
        Ok(Self { http, url: config.claude_url.clone(), key: config.claude_key.clone() })
    }

    /// Claude's answer as text. `scenario` tells a stand-in of Claude how to misbehave; the real one ignores it.
    #[instrument(name = "external.claude", skip_all, fields(model = MODEL, status = field::Empty))]
    pub async fn ask(&self, prompt: &str, scenario: Option<&str>) -> anyhow::Result<String> {
        let answer = self.post(prompt, scenario).await?;
        let status = answer.status().as_u16();
        Span::current().record("status", status);
        let body: Value = answer.json().await.context("reading the model's answer")?;
        let reason = || body["error"]["type"].as_str().unwrap_or("no reason given").to_owned();
        match status {
            200 => Ok(text_of(&body)),
            429 => Err(ServiceError::AiRateLimited(reason()).into()),
            529 => Err(ServiceError::AiOverloaded(reason()).into()),
            _ => Err(ServiceError::AiFailed(format!("{status} {}", reason())).into()),
        }
    }

    async fn post(&self, prompt: &str, scenario: Option<&str>) -> anyhow::Result<reqwest::Response> {
        let body = json!({
            "model": MODEL,
            "max_tokens": MAX_TOKENS,
            "messages": [{ "role": "user", "content": prompt }],
        });
        let mut request = self
            .http
            .post(format!("{}/v1/messages", self.url))
            .header("x-api-key", &self.key)
            .header("anthropic-version", API_VERSION)
            .json(&body);
        if let Ok(ids) = IDS.try_with(Clone::clone) {
            let parent = format!("00-{}-{}-01", ids.trace, &Uuid::new_v4().simple().to_string()[..16]);
            request = request.header("x-request-id", ids.request).header("traceparent", parent);
        }
        if let Some(scenario) = scenario {
            request = request.header("x-fake-scenario", scenario);
        }
        request.send().await.map_err(|error| {
            let known = if error.is_timeout() {
                ServiceError::AiTimeout(TIMEOUT.as_secs_f64())
            } else {
                ServiceError::AiFailed("it could not be reached".into())
            };
            anyhow::Error::new(error).context(known)
        })
    }
}

fn text_of(body: &Value) -> String {
    let blocks = body["content"].as_array().map(Vec::as_slice).unwrap_or_default();
    blocks.iter().filter_map(|block| block["text"].as_str()).collect()
}
