//! Sends back what it gets, on the transport of the desk's WebSockets: what `scripts/conformance` holds against the
//! standard. It knows nothing of the desk.
//!
//! `echo [MAX_BYTES [MAX_FRAGMENTS]]` takes any free port, prints `listening on 127.0.0.1:PORT`, and runs until it is
//! ended. Frames and messages have at most `MAX_BYTES`; what is not given is as in the desk.

use std::io::{self, Write};
use std::net::Ipv4Addr;

use actix_web::{App, Error, HttpRequest, HttpResponse, HttpServer, web};
use support_http::ws::tcp::{self, TcpOptions};
use support_http::ws::{FrameLimits, FrameReader, FrameWriter, Incoming, Stuck, upgrade};

#[actix_web::main]
async fn main() -> io::Result<()> {
    let limits = limits()?;
    let server = HttpServer::new(move || App::new().app_data(web::Data::new(limits)).default_service(web::to(accept)))
        .on_connect(|io, _| drop(tcp::prepare(io, &TcpOptions::default())))
        .workers(1)
        // A peer that stays must not keep whoever ends the server waiting.
        .shutdown_timeout(1)
        .bind((Ipv4Addr::LOCALHOST, 0))?;
    for address in server.addrs() {
        writeln!(io::stdout(), "listening on {address}")?;
    }
    server.run().await
}

fn limits() -> io::Result<FrameLimits> {
    let mut limits = FrameLimits::default();
    let mut arguments = std::env::args().skip(1);
    if let Some(bytes) = arguments.next() {
        limits.max_message_bytes = bytes.parse().map_err(io::Error::other)?;
        limits.max_frame_bytes = limits.max_message_bytes;
    }
    if let Some(fragments) = arguments.next() {
        limits.max_fragments = fragments.parse().map_err(io::Error::other)?;
    }
    Ok(limits)
}

async fn accept(
    request: HttpRequest,
    payload: web::Payload,
    limits: web::Data<FrameLimits>,
) -> Result<HttpResponse, Error> {
    let (response, writer, reader) = upgrade(&request, payload, **limits, &[])?;
    actix_web::rt::spawn(echo(writer, reader));
    Ok(response)
}

async fn echo(mut writer: FrameWriter, mut reader: FrameReader) -> Result<(), Stuck> {
    loop {
        match reader.next().await {
            Incoming::Text(text) => writer.text(text).await?,
            Incoming::Binary(bytes) => writer.binary(bytes).await?,
            Incoming::Ping(bytes) => writer.pong(&bytes).await?,
            Incoming::Pong => {}
            Incoming::Close(code) => return writer.answer_close(code).await,
            Incoming::Violation(violation) => return writer.close(violation.close_code(), violation.sentence()).await,
            Incoming::Gone => return Ok(()),
        }
    }
}
