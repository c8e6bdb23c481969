"""The smoke conversation of PyMySQL: host port user password database direct|proxied. Every line is compared."""

import datetime
import decimal
import sys
import time

import pymysql

host, port, user, password, database, mode = sys.argv[1:]
proxied = mode == "proxied"


def connect(**options):
    return pymysql.connect(
        host=host, port=int(port), user=user, password=password, database=database, charset="utf8mb4", **options
    )


def say(*values):
    print(*[repr(value) for value in values])


def run(connection, sql, *parameters):
    with connection.cursor() as cursor:
        try:
            count = cursor.execute(sql, parameters or None)
            while True:
                say(sql[:60], count, cursor.lastrowid, cursor.description)
                for row in cursor.fetchall():
                    say(row)
                if not cursor.nextset():
                    break
        except pymysql.MySQLError as e:
            say(sql[:60], type(e).__name__, e.args)


def route(connection):
    with connection.cursor() as cursor:
        cursor.execute("SHOW SLUICE ROUTE")
        row = dict(zip([column[0] for column in cursor.description], cursor.fetchone()))
        return row["role"]


def expect(connection, role):
    if proxied:
        print("ROUTE", role, route(connection))


def await_replica(connection, sql):
    """The parser may need a moment to know a read, and the monitor one to know that replicas are fresh."""
    for _ in range(400):
        if not proxied:
            return
        with connection.cursor() as cursor:
            cursor.execute(sql)
            cursor.fetchall()
        if route(connection) == "replica":
            return
        time.sleep(0.05)


connection = connect(autocommit=True)
await_replica(connection, "SELECT v FROM drv_r WHERE id = 1")
run(connection, "SELECT v FROM drv_r WHERE id = %s", 1)
expect(connection, "replica")
run(connection, "SELECT v FROM drv_r WHERE id = 1 FOR UPDATE")
expect(connection, "primary")
run(connection, "CREATE TABLE drv_w (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(30) UNIQUE, d DECIMAL(10,3), t DATETIME(3),"
    " b BLOB, j JSON, y YEAR, tm TIME, n DOUBLE)")
run(connection, "INSERT INTO drv_w (v, d, t, b, j, y, tm, n) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
    "grüße 🙂", decimal.Decimal("1.250"), datetime.datetime(2026, 1, 2, 3, 4, 5, 678000), b"\x00'\xff", '{"k": [1]}', 2026,
    datetime.timedelta(hours=-5, minutes=3), 1.5)
expect(connection, "primary")
run(connection, "INSERT INTO drv_w (v) VALUES ('a'), ('b'), (NULL)")
run(connection, "SELECT * FROM drv_w ORDER BY id")
run(connection, "UPDATE drv_w SET n = 1 WHERE v = 'a'")
for wrong in (
    "SELEC 1", "SELECT * FROM drv_nowhere", "INSERT INTO drv_w (v) VALUES ('a')", "CALL drv_signal()", "USE nowhere",
    "SELECT * FROM mysql.user",
):
    run(connection, wrong)
run(connection, "CALL drv_two(3, @b, @c)")
run(connection, "SET @x = 'é', SESSION time_zone = '+05:30'")
run(connection, "SELECT @x, @@session.time_zone, @@session.sql_mode, DATABASE()")
run(connection, "SELECT CAST('12abc' AS SIGNED)")
run(connection, "SHOW WARNINGS")
with connection.cursor() as cursor:
    say(cursor.executemany("INSERT INTO drv_w (v, n) VALUES (%s, %s)", [("many%d" % i, i) for i in range(5)]))
    say(cursor.lastrowid)
    cursor.callproc("drv_write", ("called",))
    say(cursor.fetchall())
connection.autocommit(False)
run(connection, "INSERT INTO drv_w (v) VALUES ('lost')")
connection.rollback()
run(connection, "INSERT INTO drv_w (v) VALUES ('kept')")
connection.commit()
connection.autocommit(True)
run(connection, "SELECT v FROM drv_w WHERE v IN ('lost', 'kept')")
connection.select_db("app2")
run(connection, "SELECT DATABASE()")
connection.ping(reconnect=False)
run(connection, "SELECT MD5(%s), CHAR_LENGTH(%s)", "ä" * 300000, "🙂" * 1000)
connection.close()

options = dict(client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS, cursorclass=pymysql.cursors.SSDictCursor)
connection = connect(init_command="SET SESSION sql_mode = 'ANSI_QUOTES'", **options)
with connection.cursor() as cursor:
    cursor.execute("SELECT 1 AS a; SELECT 'b' AS \"b\"; SELECT v FROM drv_r ORDER BY id")
    while True:
        say(cursor.fetchall())
        if not cursor.nextset():
            break
say(connection.get_server_info(), connection.character_set_name(), connection.get_autocommit())
connection.close()
