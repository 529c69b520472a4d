//! What those who run the desk rely on: health, logs, metrics, the API's document, a clean stop, a database that goes and comes
//! back.

mod backup;
mod health;
mod logs;
mod metrics;
mod openapi;
mod outage;
mod proxy;
mod rotation;
mod scrape;
mod stop;
#[cfg(feature = "otlp")]
mod traces;
mod upgrade;
