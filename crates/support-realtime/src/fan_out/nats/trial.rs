//! Tries NATS out, for whoever operates the desk: whether each server lets us in, and whether what is told at one is heard
//! at each. On a subject that no node listens to. Nothing of a running node passes through here.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event, Subscriber};
use futures_util::StreamExt;
use tokio::time::{sleep, timeout};

use super::address::Servers;
use super::{CONNECTING, InvalidNatsUrl, Nats, REACHING};

/// Within this everybody has to have heard everybody. Servers of a cluster take a moment to tell each other who listens.
const HEARING: Duration = Duration::from_secs(3);
/// How long is waited for what was told last, before it is told again.
const BETWEEN: Duration = Duration::from_millis(100);

/// What came of it at one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriedServer {
    /// Its address, without a name or a password.
    pub address: String,
    /// None when it lets us in, and hears what is told at each server that does.
    pub fault: Option<String>,
}

impl Nats {
    /// Tells something at each server of the list, and listens at each. `word` sets the subject apart from others that are
    /// tried at the same time: letters and digits.
    ///
    /// # Errors
    /// When the URL is none of NATS.
    pub async fn try_out(url: &str, word: &str) -> Result<Vec<TriedServer>, InvalidNatsUrl> {
        let servers = Servers::parse(url)?;
        let subject = format!("support.doctor.{word}");
        let mut tried = Vec::new();
        for turn in 0..servers.len() {
            let at = Ear::open(&servers, turn, &subject).await;
            tried.push((servers.at(turn).as_url_str().to_owned(), at));
        }
        let mut ears: Vec<(String, &mut Ear)> = Vec::new();
        for (address, at) in &mut tried {
            if let Ok(ear) = at {
                ears.push((address.clone(), ear));
            }
        }
        hear_each_other(&mut ears, &subject).await;
        let addresses: Vec<String> = ears.into_iter().map(|(address, _)| address).collect();
        Ok(tried.into_iter().map(|(address, at)| TriedServer { fault: fault(at, &addresses), address }).collect())
    }
}

/// What is wrong with a server, if something is.
fn fault(at: Result<Ear, String>, addresses: &[String]) -> Option<String> {
    let ear = match at {
        Ok(ear) => ear,
        Err(reason) => return Some(format!("cannot be used: {reason}")),
    };
    let refusal = ear.refusal.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(refusal) = refusal {
        return Some(format!("refuses what a node needs: {refusal}"));
    }
    let unheard = addresses.iter().enumerate().find(|(number, _)| !ear.heard.contains(number));
    unheard.map(|(_, address)| format!("does not hear what is told at {address}"))
}

/// A connection that listens.
struct Ear {
    client: Client,
    incoming: Subscriber,
    heard: BTreeSet<usize>,
    /// What the server said that we may not do: it says so whenever it likes.
    refusal: Arc<Mutex<Option<String>>>,
}

impl Ear {
    async fn open(servers: &Servers, turn: usize, subject: &str) -> Result<Self, String> {
        let refusal = Arc::new(Mutex::new(None));
        let options = servers.log_in(options(Arc::clone(&refusal)));
        let connected = timeout(CONNECTING, options.connect(servers.at(turn).clone())).await;
        let client = connected.map_err(|_| "it took too long".to_owned())?.map_err(|error| error.to_string())?;
        let incoming = client.subscribe(subject.to_owned()).await.map_err(|error| error.to_string())?;
        Ok(Self { client, incoming, heard: BTreeSet::new(), refusal })
    }

    /// Takes what has come.
    async fn listen(&mut self) {
        let until = sleep(BETWEEN);
        tokio::pin!(until);
        loop {
            tokio::select! {
                () = &mut until => return,
                message = self.incoming.next() => {
                    let Some(message) = message else { return until.await };
                    self.heard.extend(std::str::from_utf8(&message.payload).ok().and_then(|text| text.parse::<usize>().ok()));
                }
            }
        }
    }
}

fn options(refusal: Arc<Mutex<Option<String>>>) -> ConnectOptions {
    ConnectOptions::new()
        .name("support-doctor")
        .connection_timeout(REACHING)
        .ignore_discovered_servers()
        .event_callback(move |event| {
            if let Event::ServerError(error) = event {
                *refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
            }
            std::future::ready(())
        })
}

/// Each tells its number again and again, until all were heard by all or it took too long.
async fn hear_each_other(ears: &mut [(String, &mut Ear)], subject: &str) {
    let all = ears.len();
    let conversation = async {
        while ears.iter().any(|(_, ear)| ear.heard.len() < all) {
            for (number, (_, ear)) in ears.iter().enumerate() {
                // What cannot be told is not heard.
                let _ = ear.client.publish(subject.to_owned(), number.to_string().into()).await;
                let _ = ear.client.flush().await;
            }
            for (_, ear) in ears.iter_mut() {
                ear.listen().await;
            }
        }
    };
    let _ = timeout(HEARING, conversation).await;
}
