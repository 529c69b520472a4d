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

        // The text is the same for all values, so the type alone is the cache's key; else the text would be made anew at each
        // call, only to be compared.
        impl<$lifetime> diesel::query_builder::QueryId for $name<$lifetime> {
            type QueryId = $name<'static>;
            const HAS_STATIC_QUERY_ID: bool = true;
        }

        impl<$lifetime> diesel::RunQueryDsl<Conn> for $name<$lifetime> {}
    };
}

pub(crate) use cached_sql;
