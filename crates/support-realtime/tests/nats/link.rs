//! The line between one node and a server, that a test can cut while other nodes stay connected.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::spawn;

#[derive(Clone)]
pub(crate) struct Link {
    port: u16,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    is_cut: bool,
    streams: Vec<TcpStream>,
}

impl Link {
    /// A line to that port of this machine. It lives as long as the test's process.
    pub(crate) fn to(server: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let link = Self { port: listener.local_addr().unwrap().port(), state: Arc::default() };
        spawn({
            let link = link.clone();
            move || {
                for client in listener.incoming() {
                    link.join(client.unwrap(), server);
                }
            }
        });
        link
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    pub(crate) fn cut(&self) {
        let mut state = self.state.lock().unwrap();
        state.is_cut = true;
        for stream in state.streams.drain(..) {
            // Whoever has hung up already is as good.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    pub(crate) fn mend(&self) {
        self.state.lock().unwrap().is_cut = false;
    }

    fn join(&self, client: TcpStream, server: u16) {
        let mut state = self.state.lock().unwrap();
        if state.is_cut {
            return;
        }
        let server = TcpStream::connect(("127.0.0.1", server)).unwrap();
        for (from, to) in [(&client, &server), (&server, &client)] {
            let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
            spawn(move || {
                let mut bytes = [0; 4_096];
                while let Ok(count @ 1..) = from.read(&mut bytes) {
                    if to.write_all(&bytes[..count]).is_err() {
                        break;
                    }
                }
                let _ = to.shutdown(Shutdown::Both);
            });
        }
        state.streams.extend([client, server]);
    }
}
