//! One shell for a whole page, as in one terminal: what a command sets, later ones have.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// What ends the output of a command; none of ours has it in it.
const END: u8 = 0x1e;

/// A bash that runs, and nothing of the test's own environment but where programs are found.
pub(super) struct Shell {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Shell {
    #[track_caller]
    pub(super) fn start(folder: &Path) -> Self {
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc"]).env_clear().env("HOME", folder).current_dir(folder);
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("bash runs");
        let (input, output) = (child.stdin.take(), child.stdout.take().expect("a pipe"));
        Self { child, input, output: BufReader::new(output) }
    }

    /// Runs commands, demands that the last one succeeds, and returns what they printed.
    #[track_caller]
    pub(super) fn run(&mut self, commands: &str) -> String {
        let input = self.input.as_mut().expect("a shell that runs");
        // A command of the page must not read the page.
        writeln!(input, "{{ {commands}\n}} </dev/null; printf '\\036%s\\036' $?").expect("the shell reads");
        input.flush().expect("the shell reads");
        let (printed, status) = (self.until_the_end(), self.until_the_end());
        assert_eq!(status, "0", "{commands}\n{printed}");
        printed
    }

    #[track_caller]
    fn until_the_end(&mut self) -> String {
        let mut bytes = Vec::new();
        self.output.read_until(END, &mut bytes).expect("the shell prints");
        assert_eq!(bytes.pop(), Some(END), "the shell ended: {}", String::from_utf8_lossy(&bytes));
        String::from_utf8(bytes).expect("UTF-8")
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        self.input.take();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
