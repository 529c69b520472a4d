//! What the backend serves itself, in its own words: its errors are `{"message": ...}`, and every answer of the app is
//! signed with a header. None of it knows of the desk.

use std::pin::Pin;

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::{self, Data, Json, ServiceConfig};
use actix_web::{Error, FromRequest, HttpRequest, HttpResponse, ResponseError};
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Deserialize;
use serde_json::{Value, json};

use super::HostError;
use super::tables::{Account, Tables};

pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .service(web::scope("/api/rides").route("", web::get().to(list_rides)).route("", web::post().to(book_ride)))
        .route("/api/food/orders", web::get().to(list_orders))
        .route("/api/parcels", web::get().to(list_parcels))
        .route("/api/wallet", web::get().to(show_wallet))
        .route("/api/kyc", web::get().to(show_kyc))
        .route("/api/admin/login", web::post().to(log_in))
        .route("/api/admin/kyc", web::get().to(list_kyc))
        .route("/internal/numbers", web::get().to(show_numbers));
}

/// What the backend counts, the desk's numbers among it.
async fn show_numbers(recorder: Data<PrometheusHandle>) -> String {
    recorder.render()
}

/// The backend's own error.
#[derive(Debug)]
pub(crate) struct Refusal(StatusCode, &'static str);

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.1)
    }
}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        self.0
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.0).json(json!({"message": self.1}))
    }
}

impl From<HostError> for Refusal {
    fn from(_: HostError) -> Self {
        Self(StatusCode::INTERNAL_SERVER_ERROR, "something went wrong")
    }
}

const LOG_IN: Refusal = Refusal(StatusCode::UNAUTHORIZED, "please log in");

impl FromRequest for Account {
    type Error = Refusal;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Refusal>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let tables = request.app_data::<Data<Tables>>().cloned();
        let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = header.and_then(|value| value.strip_prefix("Bearer ")).map(ToOwned::to_owned);
        Box::pin(async move {
            let (Some(tables), Some(token)) = (tables, token) else { return Err(LOG_IN) };
            tables.account_of(&token).await?.ok_or(LOG_IN)
        })
    }
}

/// Signs every answer of the app, the desk's as well.
pub(crate) async fn sign(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let mut response = next.call(request).await?;
    let (name, value) = (HeaderName::from_static("x-backend"), HeaderValue::from_static("rides"));
    response.headers_mut().insert(name, value);
    Ok(response)
}

/// What the app answers where it has nothing.
pub(crate) async fn no_such_page() -> HttpResponse {
    HttpResponse::NotFound().json(json!({"message": "no such page"}))
}

type Answer = Result<Json<Value>, Refusal>;

async fn list_rides(account: Account, tables: Data<Tables>) -> Answer {
    let sql = "SELECT json_object('id', id, 'destination', destination) AS json FROM rides \
               WHERE ? IN (driver_id, customer_id) ORDER BY id";
    Ok(Json(json!({"rides": tables.rows(sql, &[&account.id]).await?})))
}

#[derive(Deserialize)]
struct Booking {
    destination: String,
}

async fn book_ride(account: Account, tables: Data<Tables>, booking: Json<Booking>) -> Answer {
    if account.kind != "customer" {
        return Err(Refusal(StatusCode::FORBIDDEN, "customers book rides"));
    }
    let sql = "INSERT INTO rides (driver_id, customer_id, destination) VALUES ('driver-7', ?, ?)";
    tables.execute(sql, &[&account.id, &booking.destination]).await?;
    Ok(Json(json!({"booked": true})))
}

async fn list_orders(account: Account, tables: Data<Tables>) -> Answer {
    let sql = "SELECT json_object('id', id, 'total', total) AS json FROM food_orders \
               WHERE ? IN (customer_id, restaurant_id) ORDER BY id";
    Ok(Json(json!({"orders": tables.rows(sql, &[&account.id]).await?})))
}

async fn list_parcels(account: Account, tables: Data<Tables>) -> Answer {
    let sql = "SELECT json_object('id', id, 'weightGrams', weight_grams) AS json FROM parcels \
               WHERE customer_id = ? ORDER BY id";
    Ok(Json(json!({"parcels": tables.rows(sql, &[&account.id]).await?})))
}

async fn show_wallet(account: Account, tables: Data<Tables>) -> Answer {
    let sql =
        "SELECT json_object('balance', coalesce(sum(amount), 0)) AS json FROM wallet_entries WHERE account_id = ?";
    Ok(Json(tables.rows(sql, &[&account.id]).await?.pop().unwrap_or_default()))
}

async fn show_kyc(account: Account, tables: Data<Tables>) -> Answer {
    let sql = "SELECT json_object('status', status) AS json FROM kyc_files WHERE account_id = ?";
    Ok(Json(tables.rows(sql, &[&account.id]).await?.pop().unwrap_or_default()))
}

async fn list_kyc(account: Account, tables: Data<Tables>) -> Answer {
    if account.kind != "admin" {
        return Err(Refusal(StatusCode::FORBIDDEN, "for admins"));
    }
    let sql =
        "SELECT json_object('accountId', account_id, 'status', status) AS json FROM kyc_files ORDER BY account_id";
    Ok(Json(json!({"files": tables.rows(sql, &[]).await?})))
}

#[derive(Deserialize)]
struct LogIn {
    id: String,
    code: String,
}

async fn log_in(tables: Data<Tables>, body: Json<LogIn>) -> Answer {
    match tables.log_in(&body.id, &body.code).await? {
        Some(token) => Ok(Json(json!({"token": token}))),
        None => Err(LOG_IN),
    }
}
