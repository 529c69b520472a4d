//! A wire to PostgreSQL that is cut, or brings nothing for a while, where a test wants it.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use support_store::DatabaseUrl;

/// What is lost, and the connection with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// The next thing that the client says.
    Question,
    /// The next thing that the server says.
    Answer,
}

#[derive(Debug, Default)]
struct State {
    cut: Mutex<Option<Cut>>,
    cuts: AtomicUsize,
    /// Whether what the server says waits.
    is_held: Mutex<bool>,
    released: Condvar,
}

/// The wire. It ends with the test.
pub(crate) struct Wire {
    /// The database, as it is reached over the wire.
    pub(crate) url: DatabaseUrl,
    state: Arc<State>,
}

impl Wire {
    /// A wire to the server in `address`, which has a port.
    pub(crate) fn start(address: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (scheme, rest) = address.split_once("://").unwrap();
        let (authority, rest) = rest.split_once('/').unwrap();
        let (user, host) = authority.rsplit_once('@').map_or(("", authority), |(user, host)| (user, host));
        let (server, state) = (host.to_owned(), Arc::new(State::default()));
        let url = format!("{scheme}://{user}@127.0.0.1:{port}/{rest}").parse().unwrap();
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), TcpStream::connect(&server).unwrap());
                for (from, to, cut) in [(&client, &server, Cut::Question), (&server, &client, Cut::Answer)] {
                    let (from, to, state) = (from.try_clone().unwrap(), to.try_clone().unwrap(), Arc::clone(&shared));
                    std::thread::spawn(move || carry(from, to, cut, &state));
                }
            }
        });
        Self { url, state }
    }

    pub(crate) fn cut_next(&self, cut: Option<Cut>) {
        *self.state.cut.lock().unwrap() = cut;
    }

    /// From now on nothing of what the server says comes, until `false` is said.
    pub(crate) fn hold(&self, is_held: bool) {
        *self.state.is_held.lock().unwrap() = is_held;
        self.state.released.notify_all();
    }

    /// How often it was cut.
    pub(crate) fn cuts(&self) -> usize {
        self.state.cuts.load(Ordering::Acquire)
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, cut: Cut, state: &State) {
    let mut bytes = [0; 16 * 1024];
    loop {
        let read = from.read(&mut bytes).unwrap_or(0);
        let is_cut = read > 0 && state.cut.lock().unwrap().take_if(|wanted| *wanted == cut).is_some();
        if is_cut {
            state.cuts.fetch_add(1, Ordering::AcqRel);
        }
        if cut == Cut::Answer {
            drop(state.released.wait_while(state.is_held.lock().unwrap(), |is_held| *is_held).unwrap());
        }
        if read == 0 || is_cut || to.write_all(&bytes[..read]).is_err() {
            let _ = from.shutdown(Shutdown::Both);
            let _ = to.shutdown(Shutdown::Both);
            return;
        }
    }
}
