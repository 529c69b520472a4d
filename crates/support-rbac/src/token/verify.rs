//! Verifies Biscuit tokens. Never evaluates a block whose form is not known, never reads the system clock, and never says
//! more than "not authenticated" to whoever showed the token.
//!
//! The order matters: length, number of blocks, signatures, the form of every block, expiry; and only then the library's
//! own authorizer, whose Datalog no limit can interrupt in the middle of a join.
//!
//! # Why the narrowings may leave the token before they are enforced
//! When a caller is authenticated nobody knows yet which conversation they will touch and whether they will change it.
//! So two of the three narrowings cannot be decided here. They are read from the blocks, whose form was compared letter
//! by letter, and handed on as [`Restrictions`]; the policy and every query enforce them for as long as the caller lives.
//! The authorizer is then told what those restrictions guarantee: that the one conversation is asked about, and that it
//! is read. Every check of the token is therefore run by the library, none is skipped, and one that this file does not
//! know cannot be there: its block would have been refused by its form. A check that time decides is really decided
//! here, again with every call, since the earliest end of all blocks goes into [`Caller::expires_at`].
//!
//! A verified token is remembered for a minute by its hash. What can change meanwhile, the time and the revocation list,
//! is looked at with every call.

use std::sync::Arc;
use std::time::Duration;

use biscuit_auth::builder::{fact, string};
use biscuit_auth::error::{RunLimit, Token as BiscuitError};
use biscuit_auth::{AuthorizerBuilder, AuthorizerLimits, Biscuit, UnverifiedBiscuit};
use sha2::{Digest, Sha256};
use support_domain::{Clock, ConversationId, Timestamp};

use super::attenuate::Narrowing;
use super::form::{Claims, date_term, is_plain};
use super::keys::TrustedKeys;
use super::revocation::RevocationList;
use super::{MAX_BLOCKS, MAX_TOKEN_BYTES};
use crate::authenticator::{AuthenticationError, Authenticator, BoxFuture};
use crate::caller::{Caller, Principal, Restrictions, RevocationId};
use crate::metrics::{TOKENS, Verification};

/// How long a verified token is remembered.
const REMEMBERED_FOR: Duration = Duration::from_secs(60);

/// How many verified tokens are remembered; about a kilobyte each.
const REMEMBERED_TOKENS: u64 = 10_000;

/// What the authorizer may use. The library's own 1 ms is over now and then on a busy machine; our forms need far less
/// than this, so reaching it means that the machine is overloaded.
const LIMITS: AuthorizerLimits =
    AuthorizerLimits { max_facts: 100, max_iterations: 10, max_time: Duration::from_millis(250) };

/// Authenticates Biscuit tokens that a trusted key has signed.
#[derive(Debug)]
pub struct BiscuitAuthenticator {
    keys: TrustedKeys,
    clock: Arc<dyn Clock>,
    revocations: Arc<dyn RevocationList>,
    limits: AuthorizerLimits,
    /// By the SHA-256 of the token's text, so that the cache holds no token.
    verified: moka::sync::Cache<[u8; 32], Verified>,
}

/// A caller, and when their token was verified, by the monotonic clock.
#[derive(Debug, Clone)]
struct Verified {
    caller: Arc<Caller>,
    at: Duration,
}

impl BiscuitAuthenticator {
    /// An authenticator that accepts what these keys have signed and that list does not name.
    pub fn new(keys: TrustedKeys, clock: Arc<dyn Clock>, revocations: Arc<dyn RevocationList>) -> Self {
        let verified =
            moka::sync::Cache::builder().max_capacity(REMEMBERED_TOKENS).time_to_live(REMEMBERED_FOR).build();
        Self { keys, clock, revocations, limits: LIMITS, verified }
    }

    /// The caller that the token speaks for. Never waits: measured in a release build on a busy machine, half a millisecond
    /// for a new token and some 15 microseconds for one that was seen before.
    pub fn verify(&self, token: &str) -> Result<Arc<Caller>, AuthenticationError> {
        let found = self.find(token);
        let outcome = found.as_ref().map_or_else(|refused| *refused, |(_, how)| *how);
        TOKENS.verifications.of(outcome).increment(1);
        Ok(found?.0)
    }

    /// The caller, and how it is known that they are; or why there is none.
    fn find(&self, token: &str) -> Result<(Arc<Caller>, Verification), Verification> {
        if token.is_empty() || token.len() > MAX_TOKEN_BYTES {
            return Err(Verification::Length);
        }
        let (now, instant) = (self.clock.now(), self.clock.monotonic());
        let hash: [u8; 32] = Sha256::digest(token).into();
        let fresh = |verified: &Verified| instant.saturating_sub(verified.at) < REMEMBERED_FOR;
        let (caller, how) = match self.verified.get(&hash).filter(fresh) {
            Some(verified) => (verified.caller, Verification::Remembered),
            None => {
                let caller = Arc::new(self.examine(token, now)?);
                self.verified.insert(hash, Verified { caller: Arc::clone(&caller), at: instant });
                (caller, Verification::Verified)
            }
        };
        if caller.is_expired(now) {
            return Err(Verification::Expired);
        }
        if self.revocations.is_revoked(&caller.revocation_ids) {
            return Err(Verification::Revoked);
        }
        Ok((caller, how))
    }

    fn examine(&self, token: &str, now: Timestamp) -> Result<Caller, Verification> {
        let unverified = UnverifiedBiscuit::from_base64(token).map_err(|_| Verification::NoBiscuit)?;
        if unverified.block_count() > MAX_BLOCKS {
            return Err(Verification::TooManyBlocks);
        }
        let token = self.signed(&unverified)?;
        let blocks = Blocks::read(&token)?;
        let expires_at = blocks.expires_at();
        if now >= expires_at {
            return Err(Verification::Expired);
        }
        let principal = self.evaluate(&token, &blocks, now)?;
        let revocation_ids = token.revocation_identifiers().into_iter().map(RevocationId).collect();
        Ok(Caller { principal, restrictions: blocks.restrictions(), expires_at, revocation_ids })
    }

    /// The token with all signatures verified. The library would take a bare key for every key id, so the choice of the
    /// key is made here.
    fn signed(&self, token: &UnverifiedBiscuit) -> Result<Biscuit, Verification> {
        let mut refusal = Verification::UnknownKey;
        for key in self.keys.candidates(token.root_key_id()) {
            match token.clone().verify(key.key()) {
                Ok(token) => return Ok(token),
                Err(_) => refusal = Verification::WrongSignature,
            }
        }
        Err(refusal)
    }

    /// Has the library run the checks of the token, and reads from its facts for whom the token speaks.
    fn evaluate(&self, token: &Biscuit, blocks: &Blocks, now: Timestamp) -> Result<Principal, Verification> {
        let claims = self.run(token, blocks, now).map_err(|error| match error {
            BiscuitError::RunLimit(RunLimit::Timeout) => Verification::Unavailable,
            _ => Verification::FailedCheck,
        })?;
        // The text and the facts of the issuer's block must tell the same story.
        let claims = claims.filter(|claims| *claims == blocks.claims);
        claims.map(|claims| claims.principal).ok_or(Verification::UnknownForm)
    }

    fn run(&self, token: &Biscuit, blocks: &Blocks, now: Timestamp) -> Result<Option<Claims>, BiscuitError> {
        let mut builder = AuthorizerBuilder::new()
            .set_limits(self.limits.clone())
            .fact(fact("time", &[date_term(now)]))?
            .policy("allow if user($id) or admin($id)")?;
        for conversation in blocks.conversations() {
            builder = builder.fact(fact("conversation", &[string(&conversation.to_string())]))?;
        }
        if blocks.restrictions().read_only {
            builder = builder.fact(fact("operation", &[string("read")]))?;
        }
        let mut authorizer = builder.build(token)?;
        authorizer.authorize()?;
        Claims::query(&mut authorizer)
    }
}

/// What the blocks of a token say, each of them in one of the known forms.
#[derive(Debug)]
struct Blocks {
    claims: Claims,
    narrowings: Vec<Narrowing>,
}

impl Blocks {
    fn read(token: &Biscuit) -> Result<Self, Verification> {
        let text = |index| print(token, index).ok_or(Verification::UnknownForm);
        let claims = Claims::parse(&text(0)?).ok_or(Verification::UnknownForm)?;
        let narrowings = (1..token.block_count())
            .map(|index| Narrowing::parse(&text(index)?).ok_or(Verification::UnknownForm))
            .collect::<Result<_, _>>()?;
        Ok(Self { claims, narrowings })
    }

    /// The earliest end that any block names.
    fn expires_at(&self) -> Timestamp {
        let ends = self.narrowings.iter().filter_map(|narrowing| narrowing.expires_at);
        ends.fold(self.claims.expires_at, Timestamp::min)
    }

    fn conversations(&self) -> impl Iterator<Item = ConversationId> {
        self.narrowings.iter().filter_map(|narrowing| narrowing.conversation)
    }

    fn restrictions(&self) -> Restrictions {
        let read_only = self.narrowings.iter().any(|narrowing| narrowing.read_only);
        self.conversations().fold(Restrictions { only_conversation: None, read_only }, Restrictions::and_only)
    }
}

/// The block's text, if nothing about the block is hidden from the text or could make it ambiguous.
fn print(token: &Biscuit, index: usize) -> Option<String> {
    let by_us = token.block_external_key(index).ok()?.is_none()
        && token.block_public_keys(index).ok()?.into_inner().is_empty()
        && token.context().get(index)?.is_none();
    let plain = token.block_symbols(index).ok()?.iter().all(|symbol| is_plain(symbol));
    if by_us && plain { token.print_block_source(index).ok() } else { None }
}

impl Authenticator for BiscuitAuthenticator {
    fn authenticate<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Arc<Caller>, AuthenticationError>> {
        Box::pin(std::future::ready(self.verify(token)))
    }
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
