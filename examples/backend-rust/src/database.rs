//! The one place that speaks SQL: SQLite behind a connection pool.

use anyhow::Context;
use r2d2::{Pool, PooledConnection};
use r2d2_sqlite::rusqlite::{params, OptionalExtension};
use r2d2_sqlite::SqliteConnectionManager;
use serde_json::{json, Value};

use crate::config::{Config, POOL_SIZE, POOL_TIMEOUT};
use crate::errors::ServiceError;

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS tickets (id INTEGER PRIMARY KEY, customer INTEGER, subject TEXT, body TEXT);
    CREATE TABLE IF NOT EXISTS customers (id INTEGER PRIMARY KEY, name TEXT, plan TEXT);
    INSERT OR IGNORE INTO customers VALUES (1, 'Harbour Bakery', 'business'), (2, 'Kim Optics', 'free'),
        (3, 'North Ferry', 'business'), (7, 'Blue Door Books', 'trial');
";
const TICKETS: u32 = 24;

pub type Connection = PooledConnection<SqliteConnectionManager>;

pub struct Database {
    pool: Pool<SqliteConnectionManager>,
}

impl Database {
    pub fn open(config: &Config) -> anyhow::Result<Self> {
        let manager = SqliteConnectionManager::file(&config.database);
        let pool = Pool::builder().max_size(POOL_SIZE).connection_timeout(POOL_TIMEOUT).build(manager)?;
        let connection = pool.get().context("opening the database")?;
        connection.execute_batch(SCHEMA)?;
        for number in 1..=TICKETS {
            let customer = [1, 2, 3, 7][number as usize % 4];
            let subject = format!("Order {}", 4000 + number);
            connection.execute(
                "INSERT OR IGNORE INTO tickets VALUES (?1, ?2, ?3, 'It is late.')",
                params![number, customer, subject],
            )?;
        }
        drop(connection);
        Ok(Self { pool })
    }

    /// A connection; fails when none gets free in time.
    pub fn connection(&self) -> anyhow::Result<Connection> {
        self.pool.get().map_err(|error| anyhow::Error::new(error).context(ServiceError::PoolExhausted))
    }

    /// Several connections at once, for work that reads side by side.
    pub fn connections(&self, count: u32) -> anyhow::Result<Vec<Connection>> {
        (0..count).map(|_| self.connection()).collect()
    }

    pub fn ticket(&self, number: u32) -> anyhow::Result<Option<Value>> {
        let found = self.connection()?.query_row(
            "SELECT id, customer, subject, body FROM tickets WHERE id = ?1",
            [number],
            |row| {
                let (id, customer): (u32, u32) = (row.get(0)?, row.get(1)?);
                let (subject, body): (String, String) = (row.get(2)?, row.get(3)?);
                Ok(json!({ "id": id, "customer": customer, "subject": subject, "body": body }))
            },
        );
        found.optional().with_context(|| format!("reading ticket {number}"))
    }

    /// The column of a customer as a number or a text, whichever `T` is; SQLite itself does not care.
    pub fn customer<T: r2d2_sqlite::rusqlite::types::FromSql>(
        &self,
        column: &str,
        customer: u32,
    ) -> anyhow::Result<Option<T>> {
        let statement = format!("SELECT {column} FROM customers WHERE id = ?1");
        let found = self.connection()?.query_row(&statement, [customer], |row| row.get(0));
        found.optional().with_context(|| format!("reading {column} of customer {customer}"))
    }
}
