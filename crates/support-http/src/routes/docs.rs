//! The API's own descriptions, and two pages that show them: `/docs` for REST, `/docs/sockets` for the sockets. What they
//! describe can be tried out there, with a token that the page keeps in its memory. Everything they need is in the binary.

use actix_web::http::Method;
use actix_web::http::header::ContentType;
use actix_web::web::{self, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use super::pages::{Asset, CSS, HTML, SCRIPT, SVG, answer};
use super::resource;
use crate::error::{ApiError, ErrorCode};
use crate::openapi;

/// Nothing from elsewhere, nothing inline, and no text ever becomes HTML. Pictures are those that were just fetched.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
                      connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'; trusted-types 'none'";

macro_rules! asset {
    ($name:literal, $content_type:ident) => {
        asset!($name, $content_type, "docs/")
    };
    ($name:literal, $content_type:ident, $folder:literal) => {
        Asset { name: $name, content_type: $content_type, text: include_str!(concat!("../assets/", $folder, $name)) }
    };
}

/// Both pages are one, which looks at its address: so a token is kept from one to the other without being stored.
const PAGE: Asset = asset!("index.html", HTML);

/// What the pages ask for. Colours, letters and controls are the console's.
const ASSETS: &[Asset] = &[
    asset!("style.css", CSS, "console/"),
    asset!("icon.svg", SVG, "console/"),
    asset!("docs.css", CSS),
    asset!("connection.js", SCRIPT),
    asset!("elements.js", SCRIPT),
    asset!("identity.js", SCRIPT),
    asset!("main.js", SCRIPT),
    asset!("operation.js", SCRIPT),
    asset!("remembered.js", SCRIPT),
    asset!("request.js", SCRIPT),
    asset!("rest.js", SCRIPT),
    asset!("schema.js", SCRIPT),
    asset!("sockets.js", SCRIPT),
];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(resource("/docs", "GET", vec![(Method::GET, web::to(show_docs))]))
        .service(resource("/docs/sockets", "GET", vec![(Method::GET, web::to(show_socket_docs))]))
        .service(resource("/docs/{file}", "GET", vec![(Method::GET, web::to(show_file))]));
}

/// Shows the OpenAPI document.
#[utoipa::path(
    get, path = "/api/support/openapi.json", tag = "operation", operation_id = "showOpenapi",
    responses((status = 200, description = "The document.", body = Object, content_type = "application/json"))
)]
pub(crate) async fn show_openapi() -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::json()).body(openapi::document())
}

/// Shows the AsyncAPI document: what is spoken over the socket.
#[utoipa::path(
    get, path = "/api/support/asyncapi.json", tag = "sockets", operation_id = "showAsyncapi",
    responses((status = 200, description = "The document.", body = Object, content_type = "application/json"))
)]
pub(crate) async fn show_asyncapi() -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::json()).body(openapi::ASYNCAPI)
}

/// Shows the OpenAPI document as a page, where it can be tried out.
#[utoipa::path(
    get, path = "/docs", tag = "operation", operation_id = "showDocs",
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"))
)]
pub(crate) async fn show_docs(request: HttpRequest) -> HttpResponse {
    answer(&request, &PAGE, POLICY)
}

/// Shows the AsyncAPI document as a page, where it can be tried out.
#[utoipa::path(
    get, path = "/docs/sockets", tag = "sockets", operation_id = "showSocketDocs",
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"))
)]
pub(crate) async fn show_socket_docs(request: HttpRequest) -> HttpResponse {
    answer(&request, &PAGE, POLICY)
}

async fn show_file(request: HttpRequest, name: Path<String>) -> Result<HttpResponse, ApiError> {
    let asset = ASSETS.iter().find(|asset| asset.name == *name);
    asset.map(|asset| answer(&request, asset, POLICY)).ok_or_else(|| ApiError::new(ErrorCode::NotFound))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use super::*;

    fn all() -> impl Iterator<Item = &'static Asset> {
        [&PAGE].into_iter().chain(ASSETS)
    }

    #[test]
    fn every_file_of_the_pages_is_served() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/assets/docs");
        let names = fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").file_name());
        let there: BTreeSet<String> = names.map(|name| name.into_string().expect("UTF-8")).collect();
        let served: BTreeSet<String> = all().map(|asset| asset.name.to_owned()).collect();
        let shared = ["icon.svg", "style.css"].map(str::to_owned).into();
        assert_eq!(served.difference(&shared).cloned().collect::<BTreeSet<_>>(), there);
    }

    #[test]
    fn the_pages_name_no_other_origin_have_nothing_inline_and_make_no_html() {
        let forbidden = [
            "http://",
            "https://",
            "eval(",
            "new Function",
            "document.write",
            "localStorage",
            "sessionStorage",
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "setHTML",
            "createContextualFragment",
            "DOMParser",
        ];
        for asset in all().filter(|asset| asset.content_type != SVG) {
            for forbidden in forbidden {
                assert!(!asset.text.contains(forbidden), "{} has {forbidden}", asset.name);
            }
        }
        for forbidden in ["<script>", "<style", " style=", " onclick=", "javascript:"] {
            assert!(!PAGE.text.contains(forbidden), "{forbidden}");
        }
    }
}
