# Values of scores and tests from R's own functions and the formulas of the papers, on data written below.
# Rscript scores.R > scores.json
library(jsonlite)
set.seed(1)
draws <- matrix(rnbinom(40 * 12, size = 0.7, mu = 3), 40, 12)
observed <- rnbinom(12, size = 0.7, mu = 3)
crps <- sapply(1:12, function(r) mean(abs(draws[, r] - observed[r])) - mean(abs(outer(draws[, r], draws[, r], "-"))) / 2)
tw <- sapply(1:12, function(r) sum(sapply(5:200, function(k) (mean(draws[, r] >= k) - (observed[r] >= k))^2)))
interval <- function(y, l, u, alpha) (u - l) + 2 / alpha * pmax(l - y, 0) + 2 / alpha * pmax(y - u, 0)
mis <- sapply(1:12, function(r) { q <- quantile(draws[, r], c(.05, .95), type = 7); interval(observed[r], q[1], q[2], .1) })
wis <- sapply(1:12, function(r) {
  x <- draws[, r]; y <- observed[r]
  parts <- sapply(c(.5, .2, .1), function(a) { q <- quantile(x, c(a / 2, 1 - a / 2), type = 1); a / 2 * interval(y, q[1], q[2], a) })
  (abs(y - quantile(x, .5, type = 1)) / 2 + sum(parts)) / 3.5
})
# The same matrix as one map of 12 regions.
norm <- function(v) sqrt(sum(v^2))
energy <- mean(apply(draws, 1, function(x) norm(x - observed))) - sum(as.matrix(dist(draws))) / 40^2 / 2
variogram <- sum(sapply(1:12, function(i) sapply(1:12, function(j)
  (abs(observed[i] - observed[j])^.5 - mean(abs(draws[, i] - draws[, j])^.5))^2)))

p <- round(runif(60), 2)
happened <- as.integer(runif(60) < p^1.5)
o <- order(p)
tied <- aggregate(cbind(y = happened, n = 1), list(p = p), sum)
# isoreg has no weights: repeat each tied mean n times.
long <- isoreg(rep(tied$y / tied$n, tied$n))$yf
recalibrated <- tapply(long, rep(tied$p, tied$n), mean)
after <- mean((long - rep(tied$y / tied$n, tied$n))^2) +
  sum(tied$n * (tied$y / tied$n) * (1 - tied$y / tied$n)) / 60
corp <- list(score = mean((p - happened)^2), miscalibration = mean((p - happened)^2) - after,
             uncertainty = mean(happened) * (1 - mean(happened)))
corp$discrimination <- corp$uncertainty - after
wilcoxon_auc <- wilcox.test(p[happened == 1], p[happened == 0], exact = FALSE)$statistic / (sum(happened) * sum(1 - happened))

d <- as.numeric(arima.sim(list(ar = 0.4), 48)) + 0.3
h <- 3
n <- length(d)
covariances <- as.numeric(acf(d, na.action = na.omit, lag.max = h - 1, type = "covariance", plot = FALSE)$acf)
dm <- mean(d) / sqrt(sum(c(covariances[1], 2 * covariances[-1])) / n) * sqrt((n + 1 - 2 * h + h * (h - 1) / n) / n)
B <- 5
waves <- sapply(1:B, function(j) sqrt(2) * cos(pi * j * (seq_len(n) - 0.5) / n))
# Regression on cosines: coefficients are the transforms over sqrt(n), the intercept is the mean.
fit <- coef(lm(d ~ waves))
ewc <- fit[1] / sqrt(mean(fit[-1]^2))
ewc_p <- 2 * pt(-abs(ewc), B)

counts <- rpois(30, 2)
a <- counts * 0.5 + 1
b <- rep(2.2, 30)
each <- rep(log(a / b), counts) - (sum(a) - sum(b)) / sum(counts)
t <- t.test(each)
gain <- list(mean = unname(t$estimate), lower = t$conf.int[1], upper = t$conf.int[2], p = t$p.value,
             p_signs = wilcox.test(each, exact = FALSE, correct = FALSE)$p.value)

cat(toJSON(list(
  r = R.version.string, draws = draws, observed = observed, crps = crps, twcrps = tw, mis = mis, wis = wis,
  energy = energy, variogram = variogram, probability = p, happened = happened, corp = corp,
  levels = tied$p, recalibrated = as.numeric(recalibrated), auc = unname(wilcoxon_auc),
  difference = d, dm = dm, dm_p = 2 * pt(-abs(dm), n - 1), ewc = unname(ewc), ewc_p = unname(ewc_p),
  counts = counts, rate = a, other = b, gain = gain
), digits = 12, auto_unbox = TRUE))
