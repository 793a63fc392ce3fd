//! What the service does, apart from HTTP.

use std::sync::Arc;

use anyhow::Context;
use serde_json::Value;
use tracing::{debug, error, instrument};

use crate::claude::ClaudeClient;
use crate::database::Database;
use crate::errors::{code_of, ServiceError};
use crate::plans::monthly_limit;

const EXPORT_READERS: u32 = 4;
const MAX_COMMENT: usize = 40; // characters

pub struct Summaries {
    pub claude: ClaudeClient,
}

impl Summaries {
    #[instrument(name = "service.summarise", skip_all)]
    pub async fn summarise(&self, text: &str, scenario: Option<&str>) -> anyhow::Result<String> {
        debug!(characters = text.chars().count(), "Processing summary");
        let prompt = format!("Summarise this support ticket in one sentence:\n\n{text}");
        let answer = self.claude.ask(&prompt, scenario).await;
        answer.inspect_err(|error| error!(error_code = code_of(error), ?error, "Summary failed"))
    }
}

#[derive(Clone)]
pub struct Tickets {
    pub database: Arc<Database>,
}

impl Tickets {
    #[instrument(name = "service.ticket", skip(self))]
    pub fn get(&self, number: u32) -> anyhow::Result<Option<Value>> {
        debug!(ticket = number, "Processing ticket");
        let found = self.database.ticket(number);
        found.inspect_err(|error| {
            error!(error_code = code_of(error), ?error, ticket = number, "Ticket could not be read")
        })
    }

    /// Count all tickets, a share of them on each of several connections.
    #[instrument(name = "service.export", skip_all)]
    pub fn export(&self) -> anyhow::Result<u32> {
        debug!(readers = EXPORT_READERS, "Processing export");
        let readers = self.database.connections(EXPORT_READERS);
        let readers = readers.inspect_err(|error| {
            error!(error_code = code_of(error), ?error, readers = EXPORT_READERS, "Export failed");
        })?;
        let share = "SELECT count(*) FROM tickets WHERE id % ?1 = ?2";
        let count = |(number, reader): (u32, &crate::database::Connection)| {
            let counted: Result<u32, _> = reader.query_row(share, [EXPORT_READERS, number], |row| row.get(0));
            counted.context("counting tickets")
        };
        (0..).zip(&readers).map(count).sum()
    }

    /// How many rows are usable; each one that is not is logged.
    #[instrument(name = "service.import", skip_all)]
    pub fn import_rows(&self, rows: &[Value]) -> usize {
        debug!(rows = rows.len(), "Processing import");
        let mut good = 0;
        for (number, row) in rows.iter().enumerate() {
            match check_row(row) {
                Ok(()) => good += 1,
                Err(error) => error!(error_code = code_of(&error), ?error, row = number, "Import row refused"),
            }
        }
        good
    }

    #[instrument(name = "service.comment", skip_all)]
    pub fn comment(&self, comment: &str) -> anyhow::Result<()> {
        debug!(characters = comment.chars().count(), "Processing comment");
        check_comment(comment)
            .inspect_err(|error| error!(error_code = code_of(error), ?error, "Comment rejected: {comment}"))
    }
}

fn check_row(row: &Value) -> anyhow::Result<()> {
    match &row["customer"] {
        Value::Number(_) => Ok(()),
        other => Err(ServiceError::RowInvalid(other.to_string()).into()),
    }
}

fn check_comment(comment: &str) -> anyhow::Result<()> {
    match comment.chars().count() {
        0..=MAX_COMMENT => Ok(()),
        characters => Err(ServiceError::CommentRejected(MAX_COMMENT, characters).into()),
    }
}

#[derive(Clone)]
pub struct Quotas {
    pub database: Arc<Database>,
}

impl Quotas {
    #[instrument(name = "service.quota", skip_all)]
    pub fn remaining(&self, customer: u32) -> anyhow::Result<Option<u32>> {
        debug!(customer, "Processing quota");
        let plan: Option<String> = self.database.customer("plan", customer)?;
        Ok(plan.map(|plan| monthly_limit(&plan)))
    }

    /// Reads the customer's plan as the number that it once was.
    #[instrument(name = "service.invoice", skip_all)]
    pub fn invoice(&self, customer: u32) -> anyhow::Result<Option<u32>> {
        debug!(customer, "Processing invoice");
        self.database.customer("plan", customer).context("making the invoice")
    }
}
