//! What those who run the desk rely on: health, logs, the API's document, a clean stop, a database that goes and comes
//! back.

mod backup;
mod health;
mod logs;
mod openapi;
mod outage;
mod proxy;
mod rotation;
mod stop;
mod upgrade;
