//! The binary's commands, run to their end, and the keys and tokens that they make.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::database::scratch_folder;

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The exit code; none when a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    /// Demands success, and returns what it printed.
    #[track_caller]
    pub(crate) fn printed(self) -> String {
        assert_eq!(self.code, Some(0), "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self.stdout
    }

    /// Demands success and exactly one line on stdout, and returns that line.
    #[track_caller]
    pub(crate) fn one_line(self) -> String {
        let printed = self.printed();
        let line = printed.strip_suffix('\n').unwrap_or(&printed).to_owned();
        assert!(!line.is_empty() && !line.contains('\n'), "one line was expected: {printed:?}");
        line
    }
}

/// A command with nothing of the test's own environment but where programs are found.
pub(crate) fn bare_command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_support-http"));
    command.env_clear().current_dir(folder).env("TMPDIR", folder).stdin(Stdio::null());
    for name in ["PATH", "LLVM_PROFILE_FILE"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

/// Runs the binary with these arguments and this environment, in a folder of its own.
#[track_caller]
pub(crate) fn binary(arguments: &[&str], environment: &BTreeMap<String, String>) -> Outcome {
    let folder = scratch_folder();
    let output = bare_command(folder.path()).args(arguments).envs(environment).output().expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the binary prints UTF-8");
    Outcome { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// A key pair, as `keys` prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) private: String,
    pub(crate) public: String,
}

impl Key {
    /// A new pair.
    #[track_caller]
    pub(crate) fn generate() -> Self {
        let printed = binary(&["keys"], &BTreeMap::new()).printed();
        let lines: Vec<&str> = printed.lines().collect();
        let [private, public] = lines[..] else { panic!("keys prints two lines, not {}", lines.len()) };
        let private = private.strip_prefix("SUPPORT_BISCUIT_PRIVATE_KEY=").expect("the private key first");
        let public = public.strip_prefix("SUPPORT_BISCUIT_PUBLIC_KEY=").expect("then the public key");
        Self { private: private.to_owned(), public: public.to_owned() }
    }

    /// Runs `token` with these arguments, signed by this key.
    #[track_caller]
    pub(crate) fn token(&self, arguments: &[&str]) -> String {
        let environment = BTreeMap::from([("SUPPORT_BISCUIT_PRIVATE_KEY".to_owned(), self.private.clone())]);
        binary(&[&["token"], arguments].concat(), &environment).one_line()
    }
}

/// The pair that the desks of all tests trust; making one costs a process.
pub(crate) fn keys() -> &'static Key {
    static KEYS: OnceLock<Key> = OnceLock::new();
    KEYS.get_or_init(Key::generate)
}

/// The token, narrowed: offline, and so without any key.
#[track_caller]
pub(crate) fn narrow(token: &str, how: &[&str]) -> String {
    binary(&[&["token", "attenuate", token], how].concat(), &BTreeMap::new()).one_line()
}
