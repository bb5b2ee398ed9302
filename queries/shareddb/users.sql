-- name: UserInsert :exec
insert into users (id, email, name, password_hash) values (@id, @email, @name, @password_hash);

-- name: UserByEmail :one
select id, email, name, password_hash from users where email = @email;

