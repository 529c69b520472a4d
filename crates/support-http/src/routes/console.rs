//! The console: a page that is a user's phone and the support desk side by side, for trying the desk and for whoever
//! writes the real screens. All of it is in the binary. It can do what a token can and nothing else; only the demo gives
//! tokens away with it, never a desk that is run for real.

use actix_web::http::Method;
use actix_web::web::{self, Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use super::pages::{Asset, CSS, HTML, SCRIPT, SVG, answer};
use super::resource;
use crate::Desk;
use crate::error::{ApiError, ErrorCode};
use crate::state::Console;

/// Nothing from elsewhere, nothing inline, and no text becomes HTML but through the one policy that `elements.js` makes.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
                      connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'; trusted-types support-content";

macro_rules! asset {
    ($name:literal, $content_type:ident) => {
        Asset { name: $name, content_type: $content_type, text: include_str!(concat!("../assets/console/", $name)) }
    };
}

const PAGE: Asset = asset!("index.html", HTML);

/// What the page asks for.
const ASSETS: &[Asset] = &[
    asset!("style.css", CSS),
    asset!("parts.css", CSS),
    asset!("api.js", SCRIPT),
    asset!("colleagues.js", SCRIPT),
    asset!("composer.js", SCRIPT),
    asset!("conversation.js", SCRIPT),
    asset!("desk.js", SCRIPT),
    asset!("detail.js", SCRIPT),
    asset!("elements.js", SCRIPT),
    asset!("filters.js", SCRIPT),
    asset!("icon.svg", SVG),
    asset!("main.js", SCRIPT),
    asset!("messages.js", SCRIPT),
    asset!("opening.js", SCRIPT),
    asset!("phone.js", SCRIPT),
    asset!("room.js", SCRIPT),
    asset!("rows.js", SCRIPT),
    asset!("side.js", SCRIPT),
    asset!("socket.js", SCRIPT),
    asset!("traffic.js", SCRIPT),
];

/// Mounts the page, if it is on.
pub(super) fn configure(config: &mut ServiceConfig, desk: &Desk) {
    if matches!(desk.web.console, Console::Off) {
        return;
    }
    config
        .service(resource("/console", "GET", vec![(Method::GET, web::to(show_console))]))
        .service(resource("/console/people.json", "GET", vec![(Method::GET, web::to(list_demo_people))]))
        .service(resource("/console/{file}", "GET", vec![(Method::GET, web::to(show_file))]));
}

async fn show_console(request: HttpRequest) -> HttpResponse {
    answer(&request, &PAGE, POLICY)
}

async fn show_file(request: HttpRequest, name: Path<String>) -> Result<HttpResponse, ApiError> {
    let asset = ASSETS.iter().find(|asset| asset.name == *name);
    asset.map(|asset| answer(&request, asset, POLICY)).ok_or_else(|| ApiError::new(ErrorCode::NotFound))
}

/// The people of the demo with their tokens. Nowhere else is there such a list.
async fn list_demo_people(desk: Data<Desk>) -> Result<HttpResponse, ApiError> {
    match &desk.web.console {
        Console::Demo(people) => Ok(HttpResponse::Ok().json(people)),
        Console::Off | Console::On => Err(ApiError::new(ErrorCode::NotFound)),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_the_page_is_served() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/assets/console");
        let names = fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").file_name());
        let mut there: Vec<String> = names.map(|name| name.into_string().expect("UTF-8")).collect();
        let mut served: Vec<String> = [&PAGE].into_iter().chain(ASSETS).map(|asset| asset.name.to_owned()).collect();
        there.sort();
        served.sort();
        assert_eq!(there, served);
    }

    #[test]
    fn the_page_names_no_other_origin_and_has_nothing_inline() {
        for asset in [&PAGE].into_iter().chain(ASSETS) {
            let text = asset.text.replace("http://www.w3.org/2000/svg", "");
            for forbidden in ["http://", "https://", "eval(", "new Function", "document.write", "localStorage"] {
                assert!(!text.contains(forbidden), "{} has {forbidden}", asset.name);
            }
        }
        for forbidden in ["<script>", "<style", " style=", " onclick=", "javascript:"] {
            assert!(!PAGE.text.contains(forbidden), "{forbidden}");
        }
    }

    #[test]
    fn text_becomes_html_in_one_place() {
        let sinks =
            ["innerHTML", "outerHTML", "insertAdjacentHTML", "setHTML", "createContextualFragment", "DOMParser"];
        let found = ASSETS.iter().flat_map(|asset| sinks.map(|sink| (asset.name, asset.text.matches(sink).count())));
        let total: Vec<_> = found.filter(|(_, count)| *count > 0).collect();
        assert_eq!(total, [("elements.js", 1)]);
    }
}
