-- In which minute, hour, day and week (from Monday on) of UTC a play was, counted from 1900-01-01, a Monday: none that a table holds was before.
-- They are computed when they are asked for; what is grouped by them is what rollups are known by.
ALTER TABLE plays
    ADD COLUMN IF NOT EXISTS played_minute UInt32 ALIAS intDiv(toUnixTimestamp64Milli(played_at) + 2208988800000, 60000),
    ADD COLUMN IF NOT EXISTS played_hour UInt32 ALIAS intDiv(toUnixTimestamp64Milli(played_at) + 2208988800000, 3600000),
    ADD COLUMN IF NOT EXISTS played_day UInt32 ALIAS intDiv(toUnixTimestamp64Milli(played_at) + 2208988800000, 86400000),
    ADD COLUMN IF NOT EXISTS played_week UInt32 ALIAS intDiv(toUnixTimestamp64Milli(played_at) + 2208988800000, 604800000)
