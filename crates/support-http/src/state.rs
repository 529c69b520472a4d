//! What the handlers share.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use support_rbac::Authenticator;
use support_service::SupportService;

use crate::extract::UploadPatience;
use crate::ws::Sockets;

/// A support desk that can be mounted into an actix app. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Desk {
    /// What people can do.
    pub service: SupportService,
    /// Who they are.
    pub authenticator: Arc<dyn Authenticator>,
    /// How it is reached.
    pub web: Arc<WebConfig>,
    /// The sockets of this node.
    pub sockets: Sockets,
}

/// How the desk is reached over HTTP.
#[derive(Clone)]
pub struct WebConfig {
    /// Origins whose pages may call it: `https://desk.example`.
    pub allowed_origins: Vec<String>,
    /// Most bytes of a JSON body.
    pub max_body_bytes: usize,
    /// How long a JSON body may take to come in, so that nobody is served long after it was looked who they are.
    pub body_timeout: Duration,
    /// How long an upload may take to come in.
    pub upload_patience: UploadPatience,
    /// Whether the last address of `X-Forwarded-For` is the client's, because a proxy of ours put it there.
    pub trust_proxy: bool,
    /// The page to try the desk with.
    pub console: Console,
    /// Renders the metrics, where they are collected.
    pub metrics: Option<metrics_exporter_prometheus::PrometheusHandle>,
}

impl Default for WebConfig {
    fn default() -> Self {
        Self {
            allowed_origins: Vec::new(),
            max_body_bytes: 256 * 1024,
            body_timeout: Duration::from_secs(10),
            upload_patience: UploadPatience { whole: Duration::from_secs(120), pause: Duration::from_secs(10) },
            trust_proxy: false,
            console: Console::Off,
            metrics: None,
        }
    }
}

impl fmt::Debug for WebConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebConfig")
            .field("allowed_origins", &self.allowed_origins)
            .field("max_body_bytes", &self.max_body_bytes)
            .field("body_timeout", &self.body_timeout)
            .field("upload_patience", &self.upload_patience)
            .field("trust_proxy", &self.trust_proxy)
            .field("console", &self.console)
            .finish_non_exhaustive()
    }
}

/// Whether there is a page to try the desk with.
#[derive(Debug, Clone)]
pub enum Console {
    /// There is none.
    Off,
    /// For whoever has a token.
    On,
    /// With people whose tokens it gives away. For the demo only.
    Demo(Vec<DemoPerson>),
}

/// Somebody of the demo, as the console offers them.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DemoPerson {
    /// `user` or `admin`.
    pub kind: &'static str,
    /// Their id.
    pub id: String,
    /// Who that is, in a few words.
    pub about: &'static str,
    /// Lets whoever has it be them.
    pub token: String,
}

impl fmt::Debug for DemoPerson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DemoPerson").field("id", &self.id).finish_non_exhaustive()
    }
}
