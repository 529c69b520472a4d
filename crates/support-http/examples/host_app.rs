//! A backend that links the support desk: it has accounts and sessions, rides, food orders, parcels, a wallet, identity
//! checks and an audit log of its own, all in one SQLite file, and mounts the desk beside them.
//!
//! `cargo run -p support-http --example host_app [PORT]` keeps the file in a folder that ends with it, prints sessions of its
//! people to call it with, and runs until Ctrl-C. What is worth copying: `host_app/backend.rs` (how the desk is put together,
//! mounted, run and stopped) and `host_app/ports.rs` (who calls, who works here, where audit records go).

#[path = "host_app/mod.rs"]
mod host_app;

use std::io::{self, Write};

use host_app::HostError;
use host_app::backend::{Plan, serve};
use host_app::tables::Tables;

#[actix_web::main]
async fn main() -> Result<(), HostError> {
    let port = std::env::args().nth(1).map_or(Ok(0), |port| port.parse())?;
    let folder = tempfile::tempdir()?;
    let tables = Tables::open(&folder.path().join("backend.db"))?;
    let mut lines = Vec::new();
    for id in ["driver-7", "customer-3", "agent-1"] {
        lines.push(format!("{id}: Authorization: Bearer {}", tables.start_session(id).await?));
    }
    lines.push(format!("boss-1 logs in with the code {}", tables.make_login_code("boss-1").await?));
    let plan = Plan { tables, port, with_support: true };
    serve(plan, async { drop(actix_web::rt::signal::ctrl_c().await) }, |address| {
        lines.push(format!("listening on http://{address}"));
        // Whoever reads it may have gone.
        let _ = writeln!(io::stdout(), "{}", lines.join("\n"));
    })
    .await
}
