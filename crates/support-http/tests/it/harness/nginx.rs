//! nginx with the project's own files (`docs/deploy/nginx`), in front of nodes and of a host that is made up.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::call::Address;
use super::database::scratch_folder;
use super::nats::free_port;
use super::patience::wait_for;

/// What the host answers, whatever it is asked: nothing of the desk does.
pub(crate) const HOSTS_ANSWER: u16 = 418;

/// A proxy that runs.
#[derive(Debug)]
pub(crate) struct Nginx {
    child: Child,
    folder: TempDir,
    address: Address,
}

impl Nginx {
    /// In front of these nodes. Where there is no nginx, says so, and the test is to be left out.
    #[track_caller]
    pub(crate) fn before(nodes: &[&Address]) -> Option<Self> {
        let Some(program) = program() else {
            eprintln!("skipped: there is no nginx");
            return None;
        };
        let folder = scratch_folder();
        let address = Address::default();
        copy_files(folder.path(), nodes);
        // Somebody else may take the port before nginx does.
        for _ in 0..20 {
            let port = free_port();
            fs::write(folder.path().join("nginx.conf"), configuration(port)).expect("a file");
            address.set(port);
            if let Some(child) = try_start(&program, folder.path(), &address) {
                return Some(Self { child, folder, address });
            }
        }
        panic!("nginx does not start: {}", fs::read_to_string(folder.path().join("error.log")).unwrap_or_default())
    }

    /// Where people find it: `person.at(nginx.address())`.
    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// All that it has logged of requests.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("access.log")).expect("the log")
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The project's files as they are, but for the addresses of the nodes.
fn copy_files(folder: &Path, nodes: &[&Address]) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/deploy/nginx/support-desk");
    let to = folder.join("support-desk");
    fs::create_dir(&to).expect("a folder");
    for name in ["http.conf", "server.conf", "proxy.conf"] {
        let mut text = fs::read_to_string(from.join(name)).expect("a file of the project");
        if name == "http.conf" {
            let example = "server 127.0.0.1:8090 max_fails=1 fail_timeout=2s;";
            assert!(text.contains(example), "{text}");
            let lines: Vec<String> = nodes.iter().map(|node| example.replace("127.0.0.1:8090", &node.get())).collect();
            text = text.replacen(example, &lines.join("\n"), 1);
        }
        fs::write(to.join(name), text).expect("a file");
    }
}

/// What stands around them. A worker in the process itself: killing that ends all of it.
fn configuration(port: u16) -> String {
    let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|kind| format!("{kind}_temp_path {kind};\n"))
        .collect();
    format!(
        "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log error.log;\nevents {{ worker_connections 512; }}\n\
         http {{\n{paths}include support-desk/http.conf;\naccess_log access.log support_desk;\n\
         server {{\nlisten 127.0.0.1:{port};\ninclude support-desk/server.conf;\n\
         location / {{ return {HOSTS_ANSWER}; }}\n}}\n}}\n"
    )
}

fn try_start(program: &Path, folder: &Path, address: &Address) -> Option<Child> {
    let mut command = Command::new(program);
    command.args(["-e", "error.log", "-c", "nginx.conf", "-p"]).arg(folder).current_dir(folder);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("nginx");
    let is_up = wait_for("nginx listens or ends", || {
        if child.try_wait().expect("it can be asked").is_some() {
            return Some(false);
        }
        std::net::TcpStream::connect(address.get()).is_ok().then_some(true)
    });
    is_up.then_some(child)
}

fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join("nginx")).find(|program| program.is_file())
}
