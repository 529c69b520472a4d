//! The same days as on a desk of its own, with the host's people and the host's tokens.

use crate::days::{admin, driver};
use crate::harness::{Backend, Plan};

on_postgres!(a_drivers_whole_day_beside_the_host, an_admins_whole_day_beside_the_host);

fn a_drivers_whole_day_beside_the_host(_: Backend) {
    driver::spend(&Plan::beside_the_host().start(), "driver-1");
}

fn an_admins_whole_day_beside_the_host(_: Backend) {
    admin::spend(&Plan::beside_the_host().start());
}
