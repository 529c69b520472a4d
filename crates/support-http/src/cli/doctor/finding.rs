//! What a check says: one line about one thing, and what to do about it. Never holds a secret: whoever makes one sees to
//! that.

use std::io::{self, Write};
use std::process::ExitCode;

use serde::Serialize;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Level {
    /// As it should be.
    Ok,
    /// It works, and somebody should look at it.
    Warning,
    /// The desk does not work like this, or does not keep what it promises.
    Problem,
}

impl Level {
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) level: Level,
    pub(super) topic: &'static str,
    /// What was found.
    pub(super) what: String,
    /// What to do; none where there is nothing to do.
    #[serde(rename = "do", skip_serializing_if = "Option::is_none")]
    pub(super) advice: Option<String>,
}

/// Makes the findings of one topic.
#[derive(Debug, Clone, Copy)]
pub(super) struct Topic(pub(super) &'static str);

impl Topic {
    pub(super) fn ok(self, what: impl Into<String>) -> Finding {
        Finding { level: Level::Ok, topic: self.0, what: what.into(), advice: None }
    }

    pub(super) fn warning(self, what: impl Into<String>, advice: impl Into<String>) -> Finding {
        Finding { level: Level::Warning, topic: self.0, what: what.into(), advice: Some(advice.into()) }
    }

    pub(super) fn problem(self, what: impl Into<String>, advice: impl Into<String>) -> Finding {
        Finding { level: Level::Problem, topic: self.0, what: what.into(), advice: Some(advice.into()) }
    }
}

/// All that was found.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// Whether variables hold what cannot be used. Then nothing else was looked at.
    #[serde(rename = "badConfiguration")]
    pub(super) is_badly_configured: bool,
    pub(super) findings: Vec<Finding>,
}

impl Report {
    /// 0 when all is well or only warned of, 1 with a problem, 2 when the configuration cannot be used.
    pub(super) fn exit_code(&self) -> ExitCode {
        if self.is_badly_configured {
            ExitCode::from(2)
        } else if self.findings.iter().any(|finding| finding.level == Level::Problem) {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        }
    }

    /// As JSON, one object.
    pub(super) fn write_json(&self, mut output: impl Write) -> io::Result<()> {
        let text = serde_json::to_string_pretty(self).map_err(io::Error::other)?;
        writeln!(output, "{text}")
    }

    /// A line for each finding, what to do below it, and at the end how many of each there are.
    pub(super) fn write_text(&self, mut output: impl Write) -> io::Result<()> {
        let width = self.findings.iter().map(|finding| finding.topic.len()).max().unwrap_or(0);
        for Finding { level, topic, what, advice } in &self.findings {
            writeln!(output, "{:<7}  {topic:<width$}  {what}", level.word())?;
            if let Some(advice) = advice {
                writeln!(output, "{:<7}  {:<width$}  -> {advice}", "", "")?;
            }
        }
        let count = |level| self.findings.iter().filter(|finding| finding.level == level).count();
        let (problems, warnings) = (count(Level::Problem), count(Level::Warning));
        writeln!(output, "\n{} ok, {warnings} to look at, {problems} to mend", count(Level::Ok))?;
        output.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_finding_is_a_line_with_what_to_do_below_it() {
        let topic = Topic("files");
        let findings = vec![topic.ok("all is well"), topic.problem("nothing can be written", "make it writable")];
        let mut text = Vec::new();
        let report = Report { is_badly_configured: false, findings };
        report.write_text(&mut text).unwrap();
        let expected = "ok       files  all is well\nproblem  files  nothing can be written\n                -> make it writable\n\n\
                        1 ok, 0 to look at, 1 to mend\n";
        assert_eq!(String::from_utf8(text).unwrap(), expected);
        assert_eq!(report.exit_code(), ExitCode::FAILURE);
    }

    #[test]
    fn a_warning_is_no_failure_and_a_bad_configuration_is_one_of_its_own() {
        let findings = vec![Topic("files").warning("odd", "look")];
        assert_eq!(Report { is_badly_configured: false, findings: findings.clone() }.exit_code(), ExitCode::SUCCESS);
        assert_eq!(Report { is_badly_configured: true, findings }.exit_code(), ExitCode::from(2));
    }
}
