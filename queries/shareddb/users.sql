-- name: UserInsert :exec
insert into users (id, email, name, password_hash) values (@id, @email, @name, @password_hash);

-- name: UserByEmail :one
select id, email, name, password_hash from users where email = @email;


-- name: UserPreferences :exec
update users set time_zone = @time_zone, date_style = @date_style, number_style = @number_style where id = @id;
