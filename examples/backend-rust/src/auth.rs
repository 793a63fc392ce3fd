//! Bearer tokens: `<customer>.<expiry>.<signature>`, signed with a key of this process.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tracing::{debug, error};
use uuid::Uuid;

use crate::errors::{code_of, ServiceError};

pub struct Tokens {
    key: Uuid,
}

impl Tokens {
    pub fn new() -> Self {
        Self { key: Uuid::new_v4() }
    }

    pub fn issue(&self, customer: u64, lifetime_s: i64) -> anyhow::Result<String> {
        let payload = format!("{customer}.{}", now()?.saturating_add_signed(lifetime_s));
        Ok(format!("{payload}.{}", self.sign(&payload)?))
    }

    /// The customer that a token was issued to; fails when it is forged or too old.
    pub fn customer(&self, token: &str) -> anyhow::Result<u64> {
        debug!("Processing token");
        self.verify(token).inspect_err(|error| error!(error_code = code_of(error), ?error, "Authentication failed"))
    }

    fn verify(&self, token: &str) -> anyhow::Result<u64> {
        let (payload, signature) = token.rsplit_once('.').ok_or(ServiceError::TokenInvalid)?;
        if signature != self.sign(payload)? {
            return Err(ServiceError::TokenInvalid.into());
        }
        let (customer, expiry) = payload.split_once('.').context("a token has a customer and an expiry")?;
        let late_s = now()?.checked_sub(expiry.parse().context("the expiry of a token")?);
        match late_s {
            Some(late_s) => Err(ServiceError::TokenExpired(late_s).into()),
            None => customer.parse().context("the customer of a token"),
        }
    }

    fn sign(&self, payload: &str) -> anyhow::Result<String> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.as_bytes())?;
        mac.update(payload.as_bytes());
        Ok(mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

fn now() -> anyhow::Result<u64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH).context("a clock before 1970")?.as_secs())
}
