//! One request over HTTP, built step by step. A fresh connection each time, so that no test depends on what a server
//! does with idle ones.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http::{HeaderMap, Request, Response};

use super::answer::Answer;

/// Where a server listens; changes when it is started again.
#[derive(Debug, Clone, Default)]
pub(crate) struct Address(Arc<Mutex<String>>);

impl Address {
    pub(crate) fn set(&self, port: u16) {
        *self.0.lock().unwrap() = format!("127.0.0.1:{port}");
    }

    /// Host and port.
    pub(crate) fn get(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

fn agent() -> &'static Agent {
    static AGENT: OnceLock<Agent> = OnceLock::new();
    AGENT.get_or_init(|| {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_idle_connections(0)
            .max_redirects(0)
            .allow_non_standard_methods(true)
            .timeout_global(Some(Duration::from_secs(60)));
        config.build().new_agent()
    })
}

/// A request that is not sent yet.
#[derive(Debug, Clone)]
#[must_use = "a request that is not sent tests nothing"]
pub(crate) struct Call {
    address: Address,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
    patience: Option<Duration>,
    any_form: bool,
}

impl Call {
    pub(crate) fn new(address: &Address, method: &str, path: &str) -> Self {
        Self {
            address: address.clone(),
            method: method.to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: None,
            patience: None,
            any_form: false,
        }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    pub(crate) fn body(self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { body: Some(body.into()), ..self }.header("content-type", content_type)
    }

    /// A body without a word about what it is.
    pub(crate) fn untyped_body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: Some(body.into()), ..self }
    }

    /// Fails unless the whole answer is there by then.
    pub(crate) fn within(self, patience: Duration) -> Self {
        Self { patience: Some(patience), ..self }
    }

    /// Leaves out the rules that hold for every answer: for those that a library gives in the server's name.
    pub(crate) fn in_any_form(self) -> Self {
        Self { any_form: true, ..self }
    }

    /// Sends it and demands an answer.
    #[track_caller]
    pub(crate) fn send(self) -> Answer {
        let asked = format!("{} {}", self.method, self.path);
        self.try_send().unwrap_or_else(|error| panic!("{asked}: no answer: {error}"))
    }

    /// Sends it; an error when no answer came.
    #[track_caller]
    pub(crate) fn try_send(self) -> Result<Answer, ureq::Error> {
        let asked = format!("{} {}", self.method, self.path);
        let mut request =
            Request::builder().method(self.method.as_str()).uri(format!("http://{}{}", self.address.get(), self.path));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let (status, headers, bytes) = match self.body {
            Some(body) => run(request.body(body)?, self.patience)?,
            None => run(request.body(())?, self.patience)?,
        };
        let answer = Answer::new(asked, status, headers, bytes);
        if !self.any_form {
            answer.check_form();
        }
        Ok(answer)
    }
}

fn run<B: ureq::AsSendBody>(
    request: Request<B>,
    patience: Option<Duration>,
) -> Result<(u16, HeaderMap, Vec<u8>), ureq::Error> {
    let mut response: Response<ureq::Body> = match patience {
        None => agent().run(request)?,
        Some(_) => agent().run(agent().configure_request(request).timeout_global(patience).build())?,
    };
    let bytes = response.body_mut().with_config().limit(64 * 1024 * 1024).read_to_vec()?;
    Ok((response.status().as_u16(), response.headers().clone(), bytes))
}
