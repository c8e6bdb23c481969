// The smoke conversation of go-sql-driver: host port user password database direct|proxied. Every line is compared.
package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

var proxied = os.Args[6] == "proxied"

func show(value interface{}) string {
	if bytes, ok := value.([]byte); ok {
		if len(bytes) > 64 {
			return fmt.Sprintf("%d bytes", len(bytes))
		}
		return fmt.Sprintf("%q", string(bytes))
	}
	return fmt.Sprintf("%T %v", value, value)
}

func failed(statement string, err error) {
	if e, ok := err.(*mysql.MySQLError); ok {
		fmt.Println(statement, "error", e.Number, e.Message)
		return
	}
	fmt.Println(statement, "error", err)
}

func query(c *sql.Conn, statement string, parameters ...interface{}) {
	rows, err := c.QueryContext(context.Background(), statement, parameters...)
	if err != nil {
		failed(statement, err)
		return
	}
	defer rows.Close()
	for more := true; more; more = rows.NextResultSet() {
		types, _ := rows.ColumnTypes()
		for _, t := range types {
			nullable, known := t.Nullable()
			precision, scale, decimal := t.DecimalSize()
			fmt.Println("column", t.Name(), t.DatabaseTypeName(), t.ScanType(), nullable, known, precision, scale, decimal)
		}
		for rows.Next() {
			values := make([]interface{}, len(types))
			places := make([]interface{}, len(types))
			for i := range values {
				places[i] = &values[i]
			}
			if err := rows.Scan(places...); err != nil {
				failed(statement, err)
				return
			}
			var cells []string
			for _, value := range values {
				cells = append(cells, show(value))
			}
			fmt.Println("row", strings.Join(cells, " | "))
		}
	}
	if rows.Err() != nil {
		failed(statement, rows.Err())
	}
}

func execute(c *sql.Conn, statement string, parameters ...interface{}) {
	result, err := c.ExecContext(context.Background(), statement, parameters...)
	if err != nil {
		failed(statement, err)
		return
	}
	id, _ := result.LastInsertId()
	count, _ := result.RowsAffected()
	fmt.Println(statement, "id", id, "rows", count)
}

func route(c *sql.Conn) string {
	var backend, role, reason, pins string
	if err := c.QueryRowContext(context.Background(), "SHOW SLUICE ROUTE").Scan(&backend, &role, &reason, &pins); err != nil {
		return err.Error()
	}
	return role
}

func expect(c *sql.Conn, role string) {
	if proxied {
		fmt.Println("ROUTE", role, route(c))
	}
}

// The parser may need a moment to know a read, and the monitor one to know that replicas are fresh.
func awaitReplica(c *sql.Conn, statement string, parameters ...interface{}) {
	for i := 0; i < 400 && proxied; i++ {
		rows, err := c.QueryContext(context.Background(), statement, parameters...)
		if err == nil {
			rows.Close()
		}
		if route(c) == "replica" {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func hold(options string) {
	a := os.Args
	db, err := sql.Open("mysql", fmt.Sprintf("%s:%s@tcp(%s:%s)/%s?%s", a[3], a[4], a[1], a[2], a[5], options))
	if err != nil {
		panic(err)
	}
	defer db.Close()
	c, err := db.Conn(context.Background())
	if err != nil {
		panic(err)
	}
	defer c.Close()
	awaitReplica(c, "SELECT v FROM drv_r WHERE id = 1")
	query(c, "SELECT v FROM drv_r WHERE id = 1")
	expect(c, "replica")
	awaitReplica(c, "SELECT v FROM drv_r WHERE id = ?", 1)
	query(c, "SELECT v FROM drv_r WHERE id = ?", 2)
	expect(c, "replica")
	execute(c, "DROP TABLE IF EXISTS drv_w")
	execute(c, "CREATE TABLE drv_w (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(30) UNIQUE, d DECIMAL(10,3), t DATETIME(3), b BLOB, j JSON, big BIGINT UNSIGNED, n DOUBLE)")
	execute(c, "INSERT INTO drv_w (v, d, t, b, j, big, n) VALUES (?, ?, ?, ?, ?, ?, ?)", "grüße 🙂", "1.250",
		time.Date(2026, 1, 2, 3, 4, 5, 678000000, time.UTC), []byte{0, 39, 255}, `{"k": [1]}`, "18446744073709551615", 1.5)
	expect(c, "primary")
	execute(c, "INSERT INTO drv_w (v) VALUES ('a'), ('b'), (NULL)")
	execute(c, "UPDATE drv_w SET n = 2 WHERE v = ?", "nobody")
	query(c, "SELECT * FROM drv_w ORDER BY id")
	query(c, "SELECT * FROM drv_w WHERE id > ? ORDER BY id", 0)
	for _, wrong := range []string{"SELEC 1", "SELECT * FROM drv_nowhere", "INSERT INTO drv_w (id) VALUES (1)", "CALL drv_signal()", "USE nowhere"} {
		execute(c, wrong)
	}
	query(c, "CALL drv_two(3, @b, @c)")
	query(c, "SELECT MD5(?), CHAR_LENGTH(?)", strings.Repeat("ä", 100000), "🙂")
	tx, err := c.BeginTx(context.Background(), nil)
	if err != nil {
		panic(err)
	}
	if _, err = tx.Exec("INSERT INTO drv_w (v) VALUES (?)", "lost"); err != nil {
		panic(err)
	}
	if err = tx.Rollback(); err != nil {
		panic(err)
	}
	tx, err = c.BeginTx(context.Background(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		panic(err)
	}
	var count int
	if err = tx.QueryRow("SELECT COUNT(*) FROM drv_w WHERE v = 'lost'").Scan(&count); err != nil {
		panic(err)
	}
	_, err = tx.Exec("DELETE FROM drv_w")
	failed("a write in a transaction that only reads", err)
	fmt.Println("lost", count, tx.Commit())
	execute(c, "SET @x = 'é', SESSION time_zone = '+05:30'")
	query(c, "SELECT @x, @@session.time_zone, @@session.sql_mode, DATABASE()")
	query(c, "SELECT CAST('12abc' AS SIGNED)")
	query(c, "SHOW WARNINGS")
	fmt.Println("ping", c.PingContext(context.Background()))
}

func main() {
	hold("parseTime=true")
	hold("interpolateParams=true&multiStatements=true&tls=skip-verify&clientFoundRows=true&collation=utf8mb4_bin")
}
