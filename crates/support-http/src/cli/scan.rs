//! `support-http scan`: shows what would be masked in lines that somebody pipes in, to try the rules on old messages
//! before they are brought here. Never writes a secret that it found, and keeps nothing.

use std::io::{self, BufRead, ErrorKind, Write};

use clap::Args;
use support_domain::{ContentFormat, Limits, MaskedKinds, MessageContent, TextEnum};

use super::CommandError;

/// Longest line that is looked at. A line has to be seen whole: a secret could stand where it is cut.
const MAX_LINE_BYTES: usize = 16 * 1024 * 1024;

/// How `scan` reads and what it prints.
#[derive(Debug, Args)]
pub(super) struct Scan {
    /// Print the lines in which nothing is masked, too
    #[arg(long)]
    all: bool,
    /// Take the lines for HTML, as messages of the format html are
    #[arg(long)]
    html: bool,
}

pub(super) fn run(scan: &Scan) -> Result<(), CommandError> {
    let output = io::BufWriter::new(io::stdout().lock());
    match scan_lines(scan, io::stdin().lock(), output, io::stderr()) {
        // Whoever reads has seen enough, as in `support-http scan | head`.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result?),
    }
}

fn scan_lines(
    scan: &Scan,
    mut input: impl BufRead,
    mut output: impl Write,
    mut problems: impl Write,
) -> io::Result<()> {
    let mut line = Vec::new();
    for number in 1_u64.. {
        let Some(is_whole) = read_line(&mut input, &mut line)? else { break };
        match std::str::from_utf8(&line) {
            _ if !is_whole => {
                writeln!(problems, "line {number} is longer than {MAX_LINE_BYTES} bytes and was not looked at")?;
            }
            Err(_) => writeln!(problems, "line {number} is not UTF-8 and was not looked at")?,
            Ok(text) => {
                let (shown, masked) = masked(text, scan.html);
                if scan.all || !masked.is_empty() {
                    writeln!(output, "{number}\t{}\t{shown}", names(&masked))?;
                }
            }
        }
    }
    output.flush()
}

/// Reads a line without its end. `None` at the end of the input, `false` when it is too long: then the rest of it is
/// skipped.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Option<bool>> {
    line.clear();
    let (mut is_whole, mut is_any) = (true, false);
    loop {
        let bytes = match input.fill_buf() {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            bytes => bytes?,
        };
        if bytes.is_empty() {
            return Ok(is_any.then_some(is_whole));
        }
        is_any = true;
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let part = &bytes[..end.unwrap_or(bytes.len())];
        is_whole &= line.len() + part.len() <= MAX_LINE_BYTES;
        if is_whole {
            line.extend_from_slice(part);
        }
        let read = part.len() + usize::from(end.is_some());
        input.consume(read);
        if end.is_some() {
            return Ok(Some(is_whole));
        }
    }
}

/// A line as it would be kept, and what was masked in it.
fn masked(text: &str, is_html: bool) -> (String, MaskedKinds) {
    let limits = Limits { max_message_chars: usize::MAX, ..Limits::default() };
    let format = if is_html { ContentFormat::Html } else { ContentFormat::Text };
    let mut masked = MaskedKinds::new();
    let content = MessageContent::parse_noting(text, format, &limits, &mut masked);
    // What is empty is refused as a message, and is an empty line here.
    let shown = content.map(|content| if is_html { content.html().to_owned() } else { content.text().to_owned() });
    (shown.unwrap_or_default().replace('\n', " "), masked)
}

/// The kinds, comma separated; a hyphen for none.
fn names(masked: &MaskedKinds) -> String {
    if masked.is_empty() {
        return "-".to_owned();
    }
    masked.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanned(scan: &Scan, input: &[u8]) -> (String, String) {
        let (mut output, mut problems) = (Vec::new(), Vec::new());
        // A small buffer, so that lines are read in pieces.
        let input = io::BufReader::with_capacity(7, input);
        scan_lines(scan, input, &mut output, &mut problems).unwrap();
        (String::from_utf8(output).unwrap(), String::from_utf8(problems).unwrap())
    }

    #[test]
    fn only_lines_that_change_are_printed() {
        let input = b"hello\r\nmy pin is 4321, cvv 737\n\norder 1234567890";
        let (output, _) = scanned(&Scan { all: false, html: false }, input);
        assert_eq!(output, "2\tcvv,pin\tmy pin is [redacted], cvv [redacted]\n");
        let (output, _) = scanned(&Scan { all: true, html: false }, input);
        let expected =
            "1\t-\thello\n2\tcvv,pin\tmy pin is [redacted], cvv [redacted]\n3\t-\t\n4\t-\torder 1234567890\n";
        assert_eq!(output, expected);
    }

    #[test]
    fn html_is_read_as_people_see_it() {
        let input = b"<b>ssn 219-</b>45-3301 &lt;\n<p>a</p>&#10;b<script>\n";
        let (output, _) = scanned(&Scan { all: true, html: true }, input);
        assert_eq!(output, "1\tssn\tssn ***-**-3301 &lt;\n2\t-\t<p>a</p> b&lt;script&gt;\n");
        let (output, _) = scanned(&Scan { all: false, html: false }, input);
        assert_eq!(output, "");
    }

    #[test]
    fn what_cannot_be_looked_at_is_said_and_passed_over() {
        let mut input = b"my pin is 4321\xff\nmy pin is 4321\n".to_vec();
        input.extend(vec![b'x'; MAX_LINE_BYTES + 1]);
        input.extend(b" my pin is 4321\nmy pin is 4321");
        let (output, problems) = scanned(&Scan { all: true, html: false }, &input);
        assert_eq!(output, "2\tpin\tmy pin is [redacted]\n4\tpin\tmy pin is [redacted]\n");
        assert!(problems.starts_with("line 1 is not UTF-8") && problems.contains("\nline 3 is longer"), "{problems}");
    }

    #[test]
    fn nothing_in_is_nothing_out() {
        assert_eq!(scanned(&Scan { all: true, html: false }, b""), (String::new(), String::new()));
    }
}
