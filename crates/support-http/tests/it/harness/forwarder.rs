//! A way to the database that a test can cut: a port that passes everything on, until it does not. Two faults: `cut`
//! ends every connection and refuses new ones; `stall` keeps them all and lets nothing through. Also a port that is known
//! before the server's own is: [`Forwarder::to_nobody_yet`].

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

#[derive(Debug, Default)]
struct State {
    cut: AtomicBool,
    stalled: AtomicBool,
    open: Mutex<Vec<TcpStream>>,
}

/// A port that passes on to another one.
#[derive(Debug)]
pub(crate) struct Forwarder {
    state: Arc<State>,
    target: Arc<Mutex<String>>,
    port: SocketAddr,
    listening: Option<JoinHandle<()>>,
}

impl Forwarder {
    /// Passes on to `target`, host and port.
    pub(crate) fn to(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("its number");
        let target = Arc::new(Mutex::new(target.to_owned()));
        let mut forwarder = Self { state: Arc::default(), target, port, listening: None };
        forwarder.listen(listener);
        forwarder
    }

    /// Refuses whoever calls until it is told where to pass them on to.
    pub(crate) fn to_nobody_yet() -> Self {
        Self::to("127.0.0.1:0")
    }

    /// Passes new connections on to `target` from now on.
    pub(crate) fn turn_to(&self, target: &str) {
        target.clone_into(&mut self.target.lock().unwrap());
    }

    /// Host and port.
    pub(crate) fn address(&self) -> String {
        self.port.to_string()
    }

    fn listen(&mut self, listener: TcpListener) {
        let (state, target) = (Arc::clone(&self.state), Arc::clone(&self.target));
        self.listening = Some(thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if state.cut.load(Ordering::SeqCst) {
                    return;
                }
                let target = target.lock().unwrap().clone();
                if let Ok(server) = TcpStream::connect(target) {
                    pass_on(&state, &client, &server);
                    pass_on(&state, &server, &client);
                }
            }
        }));
    }

    /// Ends all connections and refuses new ones.
    pub(crate) fn cut(&mut self) {
        self.state.cut.store(true, Ordering::SeqCst);
        // The listener only looks up when somebody calls.
        let _ = TcpStream::connect(self.port);
        if let Some(listening) = self.listening.take() {
            let _ = listening.join();
        }
        for stream in self.state.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Keeps all connections, takes new ones, and lets nothing through.
    pub(crate) fn stall(&self) {
        self.state.stalled.store(true, Ordering::SeqCst);
    }

    /// Passes on again, on the same port.
    pub(crate) fn restore(&mut self) {
        self.state.stalled.store(false, Ordering::SeqCst);
        if self.state.cut.swap(false, Ordering::SeqCst) {
            let listener = TcpListener::bind(self.port).expect("the same port again");
            self.listen(listener);
        }
    }
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        self.cut();
    }
}

fn pass_on(state: &Arc<State>, from: &TcpStream, to: &TcpStream) {
    let (Ok(mut from), Ok(mut to), Ok(kept)) = (from.try_clone(), to.try_clone(), from.try_clone()) else { return };
    state.open.lock().unwrap().push(kept);
    let state = Arc::clone(state);
    thread::spawn(move || {
        let mut buffer = [0; 16 * 1024];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            while state.stalled.load(Ordering::SeqCst) && !state.cut.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_millis(5));
            }
            if to.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
}
