def test_conn(postgres_server, valkey_server, new_database, redis_url):
    u = new_database(template="template0")
    import psycopg2

    psycopg2.connect(u.replace("+psycopg2", "")).close()
