//! A proxy of our own between two that talk over TCP: it passes everything on, slowly if it is told to, cuts connections,
//! refuses new ones, or swallows what comes, so that a connection is open at one side only.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use support_load::Stop;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::watch;

const BUFFER: usize = 16 * 1024;

/// How it treats its connections, which are numbered from 1 in the order in which they come.
#[derive(Debug, Clone, Copy, Default)]
struct Weather {
    connections: u64,
    /// How long whatever comes is kept before it is passed on.
    delay: Duration,
    /// Those up to here are cut.
    cut: u64,
    /// What comes over those up to here is swallowed for good.
    swallowed: u64,
    /// Whether those that come now are swallowed, too.
    swallows_new: bool,
}

/// A port that passes on to another one.
#[derive(Debug)]
pub(crate) struct Proxy {
    address: SocketAddr,
    weather: Arc<watch::Sender<Weather>>,
}

impl Proxy {
    /// Passes on to `target`, host and port.
    pub(crate) fn start(runtime: &Runtime, target: &str) -> Result<Self, Stop> {
        let failed = |error: std::io::Error| Stop::new(format!("the proxy: {error}"));
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let weather = Arc::new(watch::Sender::new(Weather::default()));
        runtime.spawn(listen(listener, target.to_owned(), Arc::clone(&weather)));
        Ok(Self { address, weather })
    }

    /// Host and port.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Keeps whatever comes for so long before it is passed on.
    pub(crate) fn slow(&self, delay: Duration) {
        self.weather.send_modify(|weather| weather.delay = delay);
    }

    /// Ends every connection without a goodbye.
    pub(crate) fn cut(&self) {
        self.weather.send_modify(|weather| weather.cut = weather.connections);
    }

    /// Leaves every connection open and passes nothing on over it any more. New ones are as before.
    pub(crate) fn half_open(&self) {
        self.weather.send_modify(|weather| weather.swallowed = weather.connections);
    }

    /// Takes new connections, too, and passes nothing on over any.
    pub(crate) fn swallow(&self) {
        self.weather.send_modify(|weather| {
            weather.swallowed = weather.connections;
            weather.swallows_new = true;
        });
    }

    /// New connections are passed on, at once. Those that were swallowed stay so.
    pub(crate) fn clear(&self) {
        self.weather.send_modify(|weather| {
            weather.delay = Duration::ZERO;
            weather.swallows_new = false;
        });
    }
}

async fn listen(listener: TcpListener, target: String, weather: Arc<watch::Sender<Weather>>) {
    while let Ok((client, _)) = listener.accept().await {
        let mut number = 0;
        weather.send_modify(|weather| {
            weather.connections += 1;
            number = weather.connections;
            if weather.swallows_new {
                weather.swallowed = number;
            }
        });
        tokio::spawn(pass_on(client, target.clone(), number, weather.subscribe()));
    }
}

async fn pass_on(client: TcpStream, target: String, number: u64, weather: watch::Receiver<Weather>) {
    let Ok(server) = TcpStream::connect(target).await else { return };
    // A failure costs time, and nothing else.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (client, server) = (client.into_split(), server.into_split());
    tokio::spawn(pump(client.0, server.1, number, weather.clone()));
    pump(server.0, client.1, number, weather).await;
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, number: u64, mut weather: watch::Receiver<Weather>) {
    let mut seen = weather.clone();
    let is_cut = tokio::select! {
        cut = weather.wait_for(|weather| weather.cut >= number) => cut.is_ok(),
        () = pass(&mut from, &mut to, number, &mut seen) => false,
    };
    if is_cut {
        // As a cable does that is pulled out: no goodbye.
        let _ = from.as_ref().set_zero_linger();
    }
}

async fn pass(from: &mut OwnedReadHalf, to: &mut OwnedWriteHalf, number: u64, weather: &mut watch::Receiver<Weather>) {
    let mut buffer = vec![0; BUFFER];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        let now = *weather.borrow_and_update();
        if now.swallowed >= number {
            continue;
        }
        tokio::time::sleep(now.delay).await;
        if to.write_all(&buffer[..read]).await.is_err() {
            break;
        }
    }
    if weather.borrow_and_update().swallowed >= number {
        // The end is swallowed, too: the other side goes on waiting.
        std::future::pending::<()>().await;
    }
    let _ = to.shutdown().await;
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    /// A server that sends everything back.
    fn echo(runtime: &Runtime) -> String {
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        runtime.spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    let _ = tokio::io::copy(&mut from, &mut to).await;
                });
            }
        });
        address
    }

    fn speaks(stream: &mut std::net::TcpStream) -> std::io::Result<()> {
        stream.write_all(b"word")?;
        stream.read_exact(&mut [0; 4])
    }

    #[test]
    fn a_connection_is_passed_on_swallowed_or_cut_and_a_new_one_is_not_concerned() {
        let runtime = Runtime::new().unwrap();
        let proxy = Proxy::start(&runtime, &echo(&runtime)).unwrap();
        let connect = || {
            let stream = std::net::TcpStream::connect(proxy.address()).unwrap();
            stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
            stream
        };
        let silence = |stream: &mut std::net::TcpStream| speaks(stream).unwrap_err().kind();
        let mut first = connect();
        speaks(&mut first).unwrap();
        proxy.half_open();
        assert_eq!(silence(&mut first), std::io::ErrorKind::WouldBlock, "open, and silent");
        let mut second = connect();
        speaks(&mut second).unwrap();
        proxy.swallow();
        let mut third = connect();
        assert_eq!(silence(&mut third), std::io::ErrorKind::WouldBlock);
        proxy.clear();
        let mut fourth = connect();
        speaks(&mut fourth).unwrap();
        assert_eq!(silence(&mut third), std::io::ErrorKind::WouldBlock, "for good");
        proxy.cut();
        assert!(speaks(&mut fourth).is_err() && speaks(&mut first).is_err());
        speaks(&mut connect()).unwrap();
    }
}
