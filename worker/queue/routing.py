"""The queue of each task."""

#: Queue -> the tasks that go to it. All others go to `entities`, where no task may delay a changed lead.
QUEUES = {
    "runs": (
        "start_run",
        "score_shard",
        "sweep_runs",
        "order_markets",
        "regroup_adverts",
        "refresh_search_words",
        "learn_weights",
        "fit_quality_models",
        "run_import",
        "find_due_imports",
        "find_due_photos",
        "fetch_photos",
        "make_account_export",
        "count_markets",
        "renew_client_keys",
    ),
    "notifications": (
        "send_code",
        "send_link",
        "sweep_accounts",
        "remove_orphans",
        "send_notification",
        "send_lost_notifications",
        "notify_new_offers",
        "notify_new_recommendations",
        "send_recommendation_digests",
        "notify_search_news",
        "remind_of_tasks",
        "send_reply",
        "send_webhooks",
        "fetch_rates",
    ),
}


def queue_of(task: str) -> str:
    """
    The queue of a task by its full name.

    >>> queue_of("worker.tasks.learn_weights"), queue_of("worker.tasks.rescore_lead")
    ('runs', 'entities')
    """
    name = task.rpartition(".")[2]
    return next((queue for queue, names in QUEUES.items() if name in names), "entities")
