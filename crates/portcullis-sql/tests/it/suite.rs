//! Every behaviour, once on each engine.
//!
//! On SQLite each is a test of its own. On PostgreSQL all are one test, because each test may run
//! in a process of its own, and a server takes longer to start than all of them to run.

use std::future::Future;
use std::pin::Pin;

use tokio::task::LocalSet;

use crate::place::Place;
use crate::postgres::Server;

type Behaviour = fn(Place) -> Pin<Box<dyn Future<Output = ()>>>;

macro_rules! behaviours {
    ($($module:ident::$name:ident,)*) => {
        mod on_sqlite {
            use crate::place::Place;

            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                async fn $name() {
                    crate::$module::$name(Place::sqlite()).await;
                }
            )*
        }

        const BEHAVIOURS: &[(&str, Behaviour)] = &[
            $((stringify!($name), |place| Box::pin(crate::$module::$name(place))),)*
        ];
    };
}

behaviours! {
    abandonment::abandoned_command_happens_whole_or_not_at_all,
    accounts::account_is_found_by_name_and_by_email_in_any_case,
    accounts::accounts_may_have_no_address,
    accounts::drf_token_is_one_per_user,
    accounts::ended_login_is_gone,
    accounts::inactive_user_gets_no_login,
    accounts::login_needs_the_password_that_was_checked,
    accounts::more_queries_than_connections_are_all_answered,
    accounts::name_with_a_nul_is_nobodys,
    accounts::names_are_unique_and_found_in_any_letter_case,
    accounts::parallel_signups_make_one_account,
    accounts::permission_comes_from_the_user_or_a_group,
    accounts::refused_account_leaves_nothing,
    accounts::rehash_loses_against_a_changed_password,
    accounts::token_without_expiry_or_login_row_is_found,
    accounts::user_is_found_by_the_text_of_the_key,
    administration::administrators_change_what_their_rights_allow,
    administration::administrators_end_logins_and_set_passwords,
    administration::administrators_make_change_and_delete_groups,
    administration::superusers_lift_locks_with_what_they_count,
    administration::users_are_listed_by_keys_in_every_order,
    addresses_as_names::people_without_a_username_are_known_by_their_address,
    addresses_as_names::without_a_username_addresses_must_be_unique,
    audit::lines_are_filtered_and_the_newest_is_last,
    audit::lines_are_short_and_plain_whatever_the_client_says,
    audit::lines_are_written_with_what_they_tell_about,
    audit::old_lines_are_cleared,
    devices::all_device_logins_of_a_user_end_together,
    devices::device_token_gets_more_time_and_never_less,
    devices::device_tokens_of_a_user_that_are_over_are_swept,
    devices::device_tokens_that_are_over_do_not_count,
    devices::no_more_device_tokens_than_the_limit_also_at_once,
    jwt::blacklisted_refresh_token_is_dead_with_its_family,
    jwt::change_of_password_and_refreshes_at_once_leave_no_token,
    jwt::changed_password_ends_families_at_once,
    jwt::family_has_an_absolute_end,
    jwt::hundred_refreshes_at_once_make_one_successor,
    jwt::jwt_login_is_in_the_list_and_its_end_ends_the_tokens,
    jwt::odd_bearers_are_nobody,
    jwt::refresh_token_is_exchanged_once_and_its_successor_goes_on,
    jwt::refresh_tokens_that_are_over_are_swept,
    jwt::reuse_after_the_grace_ends_the_family,
    jwt::reuse_once_the_successor_was_used_ends_the_family,
    jwt::same_refresh_within_the_grace_gets_the_same_successor,
    jwt::token_of_another_server_starts_a_family,
    jwt::token_that_another_server_made_of_ours_stays_in_the_family,
    jwt::tokens_without_families_are_simplejwts,
    logins::all_logins_end_but_the_one_that_is_spared,
    logins::change_that_comes_too_late_leaves_everything,
    logins::changed_password_ends_all_that_the_old_one_opened,
    logins::credentials_of_other_servers_join_the_list_when_they_are_seen,
    logins::login_is_ended_by_its_user_alone,
    logins::login_of_the_list_ends_with_its_credential,
    logins::logins_are_listed_newest_first_without_their_credentials,
    logins::pending_migrations_are_told_without_a_change,
    logins::token_of_another_server_joins_the_list,
    logins::two_changes_at_once_leave_one_password,
    logins::use_of_a_login_is_written_down_and_never_set_back,
    logins::what_is_over_is_swept_with_its_logins,
    migrations::database_with_another_user_table_is_left_alone,
    migrations::django_database_gets_our_tables_only,
    migrations::fresh_database_has_djangos_catalogue,
    migrations::second_migration_finds_nothing_to_do,
    migrations::two_nodes_migrate_at_once,
    profiles::address_is_verified_once_and_for_one_user,
    profiles::address_that_somebody_took_meanwhile_is_theirs,
    profiles::address_that_was_asked_for_takes_the_place_of_the_old_one,
    profiles::address_of_the_user_row_gets_a_row_of_its_own,
    profiles::name_of_somebody_else_is_refused_and_changes_nothing,
    profiles::names_are_changed_one_by_one,
    profiles::session_of_the_change_goes_on_under_a_new_key,
    profiles::users_are_found_by_their_address_in_any_case,
    notices::change_by_another_is_seen_within_a_second,
    notices::own_change_is_seen_by_the_very_next_question,
    notices::watch_that_lost_its_connection_serves_nothing_old,
    notices::without_a_watch_every_question_is_asked,
    outbox::account_and_its_mail_are_made_together_or_not_at_all,
    outbox::failed_mail_is_due_again_later_and_later,
    outbox::mail_is_due_oldest_first_and_not_before_its_time,
    outbox::mail_that_ends_its_sender_is_given_up_too,
    outbox::refused_mail_is_offered_three_times,
    outbox::sent_mail_keeps_no_text_and_is_cleared,
    outbox::two_nodes_take_each_mail_once,
    outbox::word_of_an_old_claim_counts_for_nothing,
    resets::newest_reset_link_of_each_user_is_kept_with_its_mail,
    second_factors::code_of_a_step_is_used_once_also_at_once,
    second_factors::factor_is_added_once_and_by_whoever_has_the_password,
    second_factors::login_proves_itself_and_takes_the_proof_with_it,
    second_factors::recovery_code_is_used_once_and_by_its_owner,
    sessions::ended_session_is_gone_and_stays_so,
    sessions::new_session_takes_the_place_of_the_old,
    sessions::session_moves_to_a_new_key,
    social::account_is_known_by_provider_and_uid,
    social::account_of_a_provider_belongs_to_one_user,
    social::hundred_first_log_ins_at_once_make_one_account,
    social::last_way_to_log_in_is_not_unlinked,
    social::password_that_nobody_confirmed_ends_with_a_link,
    social::rows_are_in_the_table_that_the_project_uses,
    standings::standing_needs_its_session_and_its_token,
    standings::standings_of_many_cost_a_statement_for_each_kind,
    throttle::counters_over_the_most_are_evicted_but_not_those_that_stop,
    throttle::no_more_than_the_limit_get_on_at_once,
    throttle::try_counts_against_all_of_its_counters_or_none,
    throttle::window_that_is_over_starts_again,
    throttle::windows_that_are_over_are_swept,
    tickets::ticket_is_held_as_long_as_its_login,
    tickets::ticket_is_taken_once_also_at_once,
    tickets::ticket_that_is_over_is_nothing_and_is_swept,
}

#[test]
fn store_suite_on_postgres() {
    let Some(mut server) = Server::start() else {
        println!("skipped: no PostgreSQL");
        return;
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut failed = Vec::new();
    for (name, behaviour) in BEHAVIOURS {
        let place = runtime.block_on(Place::postgres(&mut server, name));
        // The panic's message goes to the test's output.
        let local = LocalSet::new();
        match local.block_on(&runtime, local.spawn_local(behaviour(place))) {
            Ok(()) => println!("{name} ... ok"),
            Err(_) => failed.push(*name),
        }
    }
    assert!(failed.is_empty(), "failed on PostgreSQL: {failed:#?}");
}
