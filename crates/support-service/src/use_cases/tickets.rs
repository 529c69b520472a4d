//! Tickets for sockets: what a browser, which cannot send a header with a handshake, shows instead of its token. Good once
//! and for half a minute. Only a ticket's hash is kept.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use support_domain::Timestamp;
use support_rbac::{Caller, RevocationList};
use support_store::StoreError;

use crate::{ServiceError, SupportService};

/// How long a ticket is good.
const TICKET_LIFE: Duration = Duration::from_secs(30);

/// The characters of a ticket: 32 bytes as URL-safe base64.
const TICKET_CHARS: usize = 43;

/// A ticket. Does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct SocketTicket {
    /// What the client shows.
    pub ticket: String,
    /// The first moment at which it is no longer good.
    pub expires_at: Timestamp,
}

impl fmt::Debug for SocketTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SocketTicket").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

impl SupportService {
    /// Makes a ticket with which the caller can open one socket. Every caller may: what they can do with the socket is
    /// asked at each of its frames.
    ///
    /// # Errors
    /// [`ServiceError::RateLimited`] and the database's.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn issue_ticket(&self, caller: &Caller) -> Result<SocketTicket, ServiceError> {
        self.tickets().check(&caller.principal.key())?;
        let secret = self.ids().secret().map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let ticket = URL_SAFE_NO_PAD.encode(secret);
        let now = self.clock().now();
        let expires_at = now.plus(TICKET_LIFE);
        let (hash, record) = (hash(&ticket), caller.to_record());
        self.store()
            .write::<_, StoreError, _>(move |transaction| {
                transaction.insert_socket_ticket(&hash, &record, now, expires_at)
            })
            .await?;
        Ok(SocketTicket { ticket, expires_at })
    }

    /// Uses a ticket up, and says whom it speaks for: none if it is unknown, used, or over, or if their token has ended or
    /// was revoked meanwhile, or they may no longer come.
    ///
    /// # Errors
    /// The database's, and that nobody can say whether they may come; the ticket is as good as before then.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn redeem_ticket(&self, ticket: &str) -> Result<Option<Arc<Caller>>, ServiceError> {
        let is_of_ours = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if ticket.len() != TICKET_CHARS || !ticket.bytes().all(is_of_ours) {
            return Ok(None);
        }
        let (hash, now) = (hash(ticket), self.clock().now());
        // Looked at before it is taken: an invented one must not cost a write, and one of which nobody can say now whether
        // its person may still come must not be used up.
        let looked_at = hash.clone();
        let kept = self.store().read(move |reader| Ok::<_, ServiceError>(reader.get_socket_ticket(&looked_at, now)?));
        let stands =
            |caller: &Caller| !caller.is_expired(now) && !self.revocations().is_revoked(&caller.revocation_ids);
        let Some(caller) = kept.await?.and_then(Caller::from_record).filter(stands).map(Arc::new) else {
            return Ok(None);
        };
        let may_come = self.check_standing_of(&caller).await?;
        let taken = self
            .store()
            .write::<_, StoreError, _>(move |transaction| transaction.take_socket_ticket(&hash, now))
            .await?;
        Ok((may_come && taken.is_some()).then_some(caller))
    }
}

fn hash(ticket: &str) -> String {
    Sha256::digest(ticket).iter().map(|byte| format!("{byte:02x}")).collect()
}
