//! What the handlers share.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

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
    /// How long an upload may take to come in.
    pub upload_patience: UploadPatience,
    /// Whether the last address of `X-Forwarded-For` is the client's, because a proxy of ours put it there.
    pub trust_proxy: bool,
    /// Renders the metrics, where they are collected.
    pub metrics: Option<metrics_exporter_prometheus::PrometheusHandle>,
}

impl Default for WebConfig {
    fn default() -> Self {
        Self {
            allowed_origins: Vec::new(),
            max_body_bytes: 256 * 1024,
            upload_patience: UploadPatience { whole: Duration::from_secs(120), pause: Duration::from_secs(10) },
            trust_proxy: false,
            metrics: None,
        }
    }
}

impl fmt::Debug for WebConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebConfig")
            .field("allowed_origins", &self.allowed_origins)
            .field("max_body_bytes", &self.max_body_bytes)
            .field("upload_patience", &self.upload_patience)
            .field("trust_proxy", &self.trust_proxy)
            .finish_non_exhaustive()
    }
}
