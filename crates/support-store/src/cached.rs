//! SQL text that diesel keeps prepared on its connection. `sql_query` and every `update()` are prepared anew at each call,
//! which costs more than running them.

/// Declares a statement: `cached_sql! { Name<'a> { "text " {field: RustType as SqlType} " text" } }`.
macro_rules! cached_sql {
    ($(#[$meta:meta])* $name:ident<$lifetime:lifetime> { $head:expr, $({ $field:ident: $type:ty as $sql_type:ty }, $tail:expr),* $(,)? }) => {
        $(#[$meta])*
        pub(super) struct $name<$lifetime> { $(pub(super) $field: $type),* }

        impl<$lifetime> diesel::query_builder::QueryFragment<Db> for $name<$lifetime> {
            fn walk_ast<'b>(&'b self, mut out: diesel::query_builder::AstPass<'_, 'b, Db>) -> diesel::QueryResult<()> {
                out.push_sql($head);
                $(
                    out.push_bind_param::<$sql_type, _>(&self.$field)?;
                    out.push_sql($tail);
                )*
                Ok(())
            }
        }

        // Without a static id the cache's key is the SQL text.
        impl<$lifetime> diesel::query_builder::QueryId for $name<$lifetime> {
            type QueryId = ();
            const HAS_STATIC_QUERY_ID: bool = false;
        }

        impl<$lifetime> diesel::RunQueryDsl<Conn> for $name<$lifetime> {}
    };
}

pub(crate) use cached_sql;
