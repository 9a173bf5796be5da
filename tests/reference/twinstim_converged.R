# The fit of the shared twinstim.R, started where it stopped and told to go on: run in the folder of bfa_points.csv.
# R 4.2 with surveillance 1.20.3; the result is twinstim_converged.json.
suppressMessages({library(surveillance); library(sp); library(jsonlite)})
p <- read.csv("bfa_points.csv"); b <- read.csv("bfa_poly.csv"); b <- b[nrow(b):1, ]
W <- SpatialPolygons(list(Polygons(list(Polygon(as.matrix(b), hole = FALSE)), "BFA")))
events <- SpatialPointsDataFrame(
  as.matrix(p[, c("x", "y")]),
  data.frame(time = p$time, tile = "BFA", type = factor("a"), eps.t = 180, eps.s = 150)
)
breaks <- seq(0, 2556, length.out = 8)
grid <- data.frame(start = breaks[-8], stop = breaks[-1], tile = "BFA", area = W@polygons[[1]]@area)
data <- as.epidataCS(events = events, stgrid = grid, W = W, nCircle2Poly = 32)
start <- c("h.(Intercept)" = -15.92404, "h.I(start/365.142857)" = 0.36804, "e.(Intercept)" = -9.96667,
           "e.siaf.1" = 1.67504, "e.tiaf.1" = 0.01179)
fit <- twinstim(
  endemic = ~ 1 + I(start / 365.142857), epidemic = ~1, siaf = siaf.gaussian(1), tiaf = tiaf.exponential(1),
  data = data, model = TRUE, verbose = FALSE,
  optim.args = list(par = start, control = list(rel.tol = 1e-14, abs.tol = 1e-20, eval.max = 2000, iter.max = 2000))
)
out <- list(version = as.character(packageVersion("surveillance")), coef = as.list(coef(fit)), loglik = as.numeric(logLik(fit)))
writeLines(toJSON(out, auto_unbox = TRUE, digits = 12, pretty = TRUE), "twinstim_converged.json")
